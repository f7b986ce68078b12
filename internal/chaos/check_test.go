package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

var began = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func at(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }

// call is answered 10 ms after it began.
func call(ms, status int) Call {
	return Call{At: at(ms), Ended: at(ms + 10), Path: "/x", Status: status}
}

func ending(ms int, o schema.Decision, reason schema.Reason, status, attempts int) Ending {
	return Ending{schema.Result{StepID: "s1", Outcome: o, Reason: reason, Status: status, Attempts: attempts}, at(ms)}
}

func delivered(ms, attempts int) Ending {
	return ending(ms, schema.Continue, schema.ReasonDelivered, 200, attempts)
}

// one is a record of one step.
func one(s Story, faults ...Fault) *Record {
	s.ID, s.Tried, s.Acked = "s1", at(0), at(5)
	if s.Webhook == "" {
		s.Webhook = hookSteady
	}
	r := &Record{Stories: map[string]*Story{"s1": &s}, Faults: faults, TokenLimit: 1, Run: options{length: time.Minute}}
	for i, exits := range r.exits() {
		r.Notices = append(r.Notices, Notice{schema.Notification{WebhookID: i.webhook, Kind: i.kind, Reason: i.reason, Count: 1, FirstAt: exits[0], LastAt: exits[0]}, exits[0]})
	}
	return r
}

// limited is a record of steps of the limited webhook, called one after the other.
func limited(n int, apart, takes time.Duration) *Record {
	r := &Record{Stories: map[string]*Story{}}
	for i := range n {
		from := began.Add(time.Duration(i) * apart)
		id := fmt.Sprint("s", i)
		r.Stories[id] = &Story{
			ID: id, Webhook: hookLimited, Tried: began, Acked: began, Calls: []Call{{At: from, Ended: from.Add(takes), Status: 200}},
			Results: []Ending{delivered(9000, 1)},
		}
	}
	return r
}

// recorded gives each call a record of its worker, "host-1" where none is named.
func recorded(s Story, numbers []int, workers ...string) Story {
	for i, c := range s.Calls {
		a := schema.Attempt{Attempt: numbers[i], Status: c.Status, Next: schema.NextRetry, Worker: "host-1", TookMS: 12, At: c.Ended.Add(time.Millisecond)}
		if len(workers) > 0 {
			a.Worker = workers[i]
		}
		switch {
		case c.Status == 200:
			a.Next = schema.NextContinue
		case !failing(c.Status) || a.Attempt == maxAttempts:
			a.Next = schema.NextExit
		}
		s.Attempts = append(s.Attempts, a)
	}
	return s
}

// hit is a fault of the process with this number.
func hit(k Kind, pid, from, until int) Fault {
	f := fault(k, "worker-0", from, until)
	f.PID = pid
	return f
}

func fault(k Kind, target string, from, until int) Fault {
	return Fault{Kind: k, Target: target, From: at(from), Until: at(until)}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	ok := Story{Calls: []Call{call(10, 200)}, Results: []Ending{delivered(30, 1)}}
	twice := Story{Calls: []Call{call(10, 200), call(31_000, 200)}, Results: []Ending{delivered(31_020, 1)}}
	down := []Call{call(10, 503), call(1030, 503), call(2050, 503), call(3070, 503)}
	third := Story{Calls: []Call{call(10, 503), call(1030, 0), call(2050, 200)}, Results: []Ending{delivered(2070, 3)}}
	hasty := Story{Calls: []Call{call(10, 503), call(520, 200)}, Results: []Ending{delivered(540, 2)}}
	split := Story{Calls: []Call{call(10, 503), call(31_000, 503), call(32_030, 200), call(32_500, 200)}, Results: []Ending{delivered(32_050, 2)}}
	unmade := recorded(Story{Calls: []Call{call(10, 503), call(1030, 200)}, Results: []Ending{delivered(2070, 2)}}, []int{1, 2})
	unmade.Calls = unmade.Calls[1:]
	stood := recorded(Story{Calls: []Call{call(500, 0), call(1530, 200)}, Results: []Ending{delivered(2070, 2)}}, []int{1, 2})
	stood.Calls = stood.Calls[1:]
	missed := func(c Call) Story {
		s := recorded(Story{Calls: []Call{c, call(12_000, 200)}, Results: []Ending{delivered(12_020, 2)}}, []int{1, 2})
		s.Attempts[0].Status, s.Attempts[0].Next, s.Attempts[0].TookMS = 0, schema.NextRetry, 10_060
		s.Attempts[0].At = c.At.Add(10_060 * time.Millisecond)
		return s
	}
	late := Story{Calls: []Call{call(10, 200), call(9000, 200)}, Results: ok.Results}
	woken := Story{Calls: []Call{call(10, 200), call(40_010, 200)}, Results: ok.Results}
	again := func(s Story) Story { s.Again = []time.Time{at(8000)}; return s }
	patient := func(wait int) Story {
		return recorded(Story{Webhook: hookPatient, Calls: []Call{call(10, 503), call(20+wait, 200)}, Results: []Ending{delivered(40+wait, 2)}}, []int{1, 2})
	}
	stranger := one(ok)
	stranger.Stories["s2"] = &Story{ID: "s2"}
	never := one(Story{})
	never.Stories["s1"].Acked = time.Time{}
	whole := func(edit func(*Record)) *Record {
		r := one(ok)
		edit(r)
		return r
	}
	for name, c := range map[string]struct {
		record *Record
		want   string // the rule that is broken, "" for none
	}{
		"delivered at once":                {one(ok), ""},
		"delivered at the third attempt":   {one(third), ""},
		"all four attempts failed":         {one(Story{Calls: down, Results: []Ending{ending(3090, schema.Exit, schema.ReasonRetriesExhausted, 503, 4)}}), ""},
		"404 exits":                        {one(Story{Calls: []Call{call(10, 404)}, Results: []Ending{ending(30, schema.Exit, schema.ReasonStatus, 404, 1)}}), ""},
		"a refreshed token is no attempt":  {one(Story{Webhook: hookOrders, Calls: []Call{call(10, 401), call(25, 200)}, Results: []Ending{delivered(40, 1)}}), ""},
		"never stored, so nothing is owed": {never, ""},
		"a killed worker's call repeats":   {one(twice, fault(WorkerKill, "worker-0", 15, 2000)), ""},
		"a long stop is a crash":           {one(twice, fault(WorkerStop, "worker-0", 15, 35_000)), ""},
		"the rest of a chain that a repeat overtook": {one(Story{
			Calls:   []Call{call(10, 503), call(4000, 200), call(4100, 200)},
			Results: []Ending{delivered(4020, 1)}, Attempts: []schema.Attempt{{Attempt: 1}, {Attempt: 1}, {Attempt: 2}},
		}, fault(NATSKill, "nats", 15, 2000)), ""},
		"calls that could not reach the endpoint": {one(Story{
			Webhook: hookFar, Calls: []Call{call(2050, 200)}, Results: []Ending{delivered(2070, 3)},
		}, fault(LinkReset, hookFar, 5, 1900)), ""},
		"a call that its worker slept through":                 {one(stood, hit(WorkerStop, 1, 400, 505)), ruleAttempts},
		"answered at once, its worker slept, no answer":        {one(missed(call(10, 200))), ruleAnswered},
		"answered too late, and so no answer":                  {one(missed(Call{At: at(10), Ended: at(10_050), Path: "/x", Status: 200})), ""},
		"a stop during a call without an answer, and one more": {one(Story{Calls: []Call{call(10, 0), call(4000, 200)}, Results: []Ending{delivered(4020, 1)}}, hit(WorkerStop, 1, 15, 3990)), ""},
		"a nap as long as the ack wait":                        {one(twice, fault(WorkerNap, "worker-0", 15, 35_000)), ""},
		"a consumer made anew within a minute":                 {whole(func(r *Record) { r.Faults = []Fault{{Kind: ConsumerDelete, Recovered: healWithin}} }), ""},
		"one made anew too late":                               {whole(func(r *Record) { r.Faults = []Fault{{Kind: ConsumerDelete, Recovered: healWithin + 1}} }), ruleHealed},
		"one that nobody made anew":                            {whole(func(r *Record) { r.Faults = []Fault{{Kind: ConsumerDelete, Recovered: -1}} }), ruleHealed},
		"a call that repeats since a way was cut one way":      {one(twice, fault(LinkNATSUp, "worker-0", 15, 30_000)), ""},
		"a call that repeats after a short cut one way":        {one(twice, fault(LinkNATSDown, "worker-0", 15, 4000)), ruleCalls},
		"a call that repeats since its ack came late":          {one(twice, fault(LinkNATSLate, "worker-0", 15, 30_000)), ""},
		"a call that repeats since a server was partitioned":   {one(twice, fault(NATSRoute, "nats-0", 15, 20_000)), ""},
		"a call that repeats though a server of three stayed":  {one(twice, fault(NATSNode, "nats", 15, 2000)), ruleCalls},
		"a call that repeats as nothing stood in for a server": {whole(func(r *Record) {
			*r = *one(twice, fault(NATSNode, "nats", 15, 2000))
			r.Run.nodes, r.Run.replica = 3, 1
		}), ""},
		"gone since its bucket was lost":                   {one(Story{Webhook: hookRecreated, Results: []Ending{ending(30, schema.Exit, schema.ReasonWebhookDeleted, 0, 0)}}, fault(BucketLost, "bucket", 20, 900)), ruleOutcome},
		"a call that repeats since a consumer was deleted": {one(twice, fault(ConsumerDelete, "workers", 15, 2000)), ruleCalls},
		"a call that nobody slept through":                 {one(stood, hit(WorkerStop, 2, 400, 505)), ruleAttempts},
		"gone for a moment":                                {one(Story{Webhook: hookRecreated, Results: []Ending{ending(30, schema.Exit, schema.ReasonWebhookDeleted, 0, 0)}}, fault(WebhookRecreate, hookRecreated, 20, 900)), ""},
		"stored, and nothing came of it":                   {one(Story{Calls: []Call{call(10, 200)}}), ruleLost},
		"two results":                                      {one(Story{Calls: []Call{call(10, 200)}, Results: []Ending{delivered(30, 1), delivered(400_000, 1)}}), ruleDouble},
		"a limited webhook called 20 times in a second":    {limited(20, 40*time.Millisecond, 50*time.Millisecond), ""},
		"one called 21 times in a second":                  {limited(21, 40*time.Millisecond, 50*time.Millisecond), ruleLimits},
		"one with nine calls at once":                      {limited(9, 200*time.Millisecond, 2*time.Second), ruleLimits},
		"a result nobody asked for":                        {stranger, ruleStranger},
		"delivered without a call":                         {one(Story{Results: []Ending{delivered(30, 0)}}), ruleOutcome},
		"exit though answered 200":                         {one(Story{Calls: []Call{call(10, 404), call(2000, 200)}, Results: []Ending{ending(2030, schema.Exit, schema.ReasonStatus, 404, 2)}}), ruleOutcome},
		"exit for a status nobody answered":                {one(Story{Calls: []Call{call(10, 404)}, Results: []Ending{ending(30, schema.Exit, schema.ReasonStatus, 400, 1)}}), ruleOutcome},
		"given up too soon":                                {one(Story{Calls: down[:3], Results: []Ending{ending(3090, schema.Exit, schema.ReasonRetriesExhausted, 503, 3)}}), ruleOutcome},
		"deleted, and it was there":                        {one(Story{Results: []Ending{ending(30, schema.Exit, schema.ReasonWebhookDeleted, 0, 0)}}), ruleOutcome},
		"a token that could have been had":                 {one(Story{Webhook: hookOrders, Results: []Ending{ending(30, schema.Exit, schema.ReasonTokenFailed, 0, 0)}}), ruleOutcome},
		"an attempt that was not made":                     {one(Story{Calls: []Call{call(10, 200)}, Results: []Ending{delivered(30, 2)}}), ruleAttempts},
		"a call that repeats without a crash":              {one(twice, fault(WorkerStop, "worker-0", 15, 5000)), ruleCalls},
		"refused, and sent once more":                      {one(Story{Calls: []Call{{At: at(10), Ended: at(20), Path: "/x", Status: 200, Repeats: 1}}, Results: []Ending{delivered(30, 1)}}), ""},
		"refused, and sent twice more":                     {one(Story{Calls: []Call{{At: at(10), Ended: at(20), Path: "/x", Status: 200, Repeats: 2}}, Results: []Ending{delivered(30, 1)}}), ruleCalls},
		"two attempts at once, each refused and sent again": {one(Story{
			Calls: []Call{{At: at(10), Ended: at(20), Path: "/x", Repeats: 3}, call(5000, 200)}, Results: []Ending{delivered(5020, 2)},
			Attempts: []schema.Attempt{{Attempt: 1, Next: schema.NextRetry, TookMS: 12, At: at(21)}, {Attempt: 2, Next: schema.NextRetry, TookMS: 12, At: at(21)}},
		}), ""},
		"an exit that nobody was told of": {whole(func(r *Record) {
			*r = *one(Story{Calls: []Call{call(10, 404)}, Results: []Ending{ending(30, schema.Exit, schema.ReasonStatus, 404, 1)}})
			r.Notices = nil
		}), ruleNotices},
		"reset, and sent again at once":                 {one(Story{Calls: []Call{call(10, 0), call(25, 200)}, Results: []Ending{delivered(40, 1)}}), ruleCalls},
		"two calls too many for one crash":              {one(Story{Calls: []Call{call(10, 200), call(31_000, 200), call(62_000, 200)}, Results: []Ending{delivered(62_020, 1)}}, fault(WorkerKill, "worker-0", 15, 2000)), ruleCalls},
		"a clean stop repeats nothing":                  {one(twice, fault(WorkerTerm, "worker-0", 15, 2000)), ruleCalls},
		"a retry after half the delay":                  {one(Story{Calls: []Call{call(10, 503), call(520, 200)}, Results: []Ending{delivered(540, 2)}}), ruleEarly},
		"a profile without its update":                  {one(Story{Webhook: hookProfile, Calls: ok.Calls, Results: ok.Results}), ruleProfile},
		"a profile update after its result":             {one(Story{Webhook: hookProfile, Calls: ok.Calls, Results: ok.Results, Profiles: []time.Time{at(31)}}), ruleProfile},
		"a message left":                                {whole(func(r *Record) { r.Left = map[string]uint64{"RETRIES": 1} }), ruleLeft},
		"acked, and kept by a killed server":            {whole(func(r *Record) { r.Remains, r.Faults = 1, []Fault{{Kind: NATSKill}} }), ruleLeft},
		"acked, and kept by one for a short time":       {whole(func(r *Record) { r.Run.length, r.Remains, r.Faults = time.Second, 1, []Fault{{Kind: NATSKill}} }), ""},
		"acked, and kept by one that lived":             {whole(func(r *Record) { r.Run.length, r.Remains = time.Second, 1 }), ruleLeft},
		"a readable step buried":                        {whole(func(r *Record) { r.Dead = 1 }), ruleDead},
		"too many token requests":                       {whole(func(r *Record) { r.TokenRequests = 2 }), ruleTokens},
		"a worker that ended by itself":                 {whole(func(r *Record) { r.Trouble = []string{"worker-0 ended by itself"} }), ruleMachinery},
		"a part that did not come back":                 {whole(func(r *Record) { r.Faults = []Fault{{Kind: RedisAway, Recovered: -1}} }), ruleMachinery},
		"one byte more than 256 MB":                     {whole(func(r *Record) { r.PeakMB = 256.000001 }), ruleMemory},
		"256 MB":                                        {whole(func(r *Record) { r.PeakMB = 256 }), ""},
		"one byte more than 200 MB while Redis is away": {whole(func(r *Record) { r.Run.away, r.PeakMB = true, 200.000001 }), ruleMemory},
		"repeated, and nothing came of it":              {one(again(ok)), ""},
		"repeated, and called again":                    {one(again(late)), ruleAfter},
		"repeated after a restart, and called again":    {one(again(late), fault(NATSRestart, "nats", 5000, 6000)), ruleAfter},
		"repeated after a restart, and ended again":     {one(again(Story{Calls: late.Calls, Results: append(ok.Results, delivered(9020, 1))}), fault(NATSRestart, "nats", 5000, 6000)), ruleDouble},
		"a server killed before it noted the ack":       {one(late, fault(NATSKill, "nats", 3000, 4000)), ""},

		// By the records of all calls, for which a crash of somebody else is no excuse.
		"recorded, and delivered":              {one(recorded(ok, []int{1})), ""},
		"recorded, and retried in time":        {one(recorded(third, []int{1, 2, 3})), ""},
		"recorded, and all failed":             {one(recorded(Story{Calls: down, Results: []Ending{ending(3090, schema.Exit, schema.ReasonRetriesExhausted, 503, 4)}}, []int{1, 2, 3, 4})), ""},
		"an early retry, and a crash":          {one(recorded(hasty, []int{1, 2}), hit(WorkerKill, 1, 15, 300)), ruleEarly},
		"an early retry, and no record of it":  {one(hasty, hit(WorkerKill, 1, 15, 300)), ""},
		"a patient retry after 20 of its 32 s": {one(patient(20_000), fault(NATSKill, "nats", 5000, 6000)), ruleEarly},
		"a patient retry after 32 s":           {one(patient(32_000)), ""},
		"the worker of a call was killed":      {one(recorded(twice, []int{1, 1}, "host-1", "host-2"), hit(WorkerKill, 1, 15, 2000)), ""},
		"another worker was killed":            {one(recorded(twice, []int{1, 1}, "host-1", "host-2"), hit(WorkerKill, 2, 15, 2000)), ruleCalls},
		"woken, and its step had ended":        {one(recorded(woken, []int{1, 1}, "host-2", "host-1"), hit(WorkerStop, 1, 5, 40_000)), ruleAfter},
		"woken, and its call was under way":    {one(recorded(Story{Calls: []Call{call(10, 200), {At: at(4), Ended: at(40_020), Path: "/x", Status: 200}}, Results: ok.Results}, []int{1, 1}, "host-2", "host-1"), hit(WorkerStop, 1, 5, 40_000)), ""},
		"its worker was killed afterwards":     {one(recorded(twice, []int{1, 1}, "host-1", "host-2"), hit(WorkerKill, 1, 31_500, 32_000)), ruleCalls},
		"NATS was killed":                      {one(recorded(twice, []int{1, 1}), fault(NATSKill, "nats", 15, 2000)), ""},
		"its worker ended cleanly":             {one(recorded(twice, []int{1, 1}), hit(WorkerTerm, 1, 15, 2000)), ruleCalls},
		"a chain that went on twice":           {one(recorded(split, []int{1, 1, 2, 2}, "host-1", "host-2", "host-2", "host-2"), hit(WorkerKill, 1, 15, 2000)), ""},
		"a chain that went on three times": {one(recorded(Story{
			Calls: append(split.Calls, call(33_500, 200)), Results: split.Results,
		}, []int{1, 1, 2, 2, 2}, "host-1", "host-2", "host-2", "host-2", "host-2"), hit(WorkerKill, 1, 15, 2000)), ruleCalls},
		"an attempt that was counted twice":   {one(recorded(Story{Calls: []Call{call(10, 200)}, Results: []Ending{delivered(30, 2)}}, []int{1}), hit(WorkerKill, 1, 15, 300)), ruleAttempts},
		"an attempt that was not counted":     {one(recorded(Story{Calls: third.Calls, Results: []Ending{delivered(2070, 2)}}, []int{1, 2, 3}), hit(WorkerKill, 1, 15, 300)), ruleAttempts},
		"an attempt number that was skipped":  {one(recorded(Story{Calls: third.Calls, Results: []Ending{delivered(2070, 4)}}, []int{1, 2, 4}), hit(WorkerKill, 1, 15, 300)), ruleAttempts},
		"a record without a call":             {one(unmade, hit(WorkerKill, 1, 15, 300)), ruleAttempts},
		"exit though answered 200, a crash":   {one(recorded(Story{Calls: []Call{call(10, 404), call(2000, 200)}, Results: []Ending{ending(2030, schema.Exit, schema.ReasonStatus, 404, 1)}}, []int{1, 2}), hit(WorkerKill, 1, 15, 300)), ruleOutcome},
		"an end that no attempt was to have":  {one(recorded(Story{Calls: []Call{call(10, 404), call(2000, 404)}, Results: []Ending{ending(2030, schema.Exit, schema.ReasonStatus, 404, 3)}}, []int{1, 2})), ruleOutcome},
		"deleted after an attempt":            {one(recorded(Story{Webhook: hookRecreated, Calls: down[:1], Results: []Ending{ending(1040, schema.Exit, schema.ReasonWebhookDeleted, 0, 1)}}, []int{1}), fault(WebhookRecreate, hookRecreated, 20, 1900)), ""},
		"deleted, and its attempt forgotten":  {one(recorded(Story{Webhook: hookRecreated, Calls: down[:1], Results: []Ending{ending(1040, schema.Exit, schema.ReasonWebhookDeleted, 0, 0)}}, []int{1}), fault(WebhookRecreate, hookRecreated, 20, 1900)), ruleAttempts},
		"deleted, and its worker killed then": {one(recorded(Story{Webhook: hookRecreated, Calls: down[:1], Results: []Ending{ending(31_040, schema.Exit, schema.ReasonWebhookDeleted, 0, 0)}}, []int{1}), hit(WorkerKill, 1, 21, 900), fault(WebhookRecreate, hookRecreated, 30_000, 31_900)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := map[string]bool{}
			for _, v := range check(c.record) {
				broken[v.Rule] = true
			}
			if c.want == "" && len(broken) > 0 || c.want != "" && !broken[c.want] {
				t.Errorf("broken: %v, want %q", broken, c.want)
			}
		})
	}
}

// A request after one that was refused just now belongs to the same call; one after any other does not.
func TestRequestsOfOneCall(t *testing.T) {
	t.Parallel()
	s := &Story{}
	for _, c := range []Call{
		{At: at(0), Ended: at(1), Refused: true}, {At: at(10), Ended: at(11), Refused: true}, // one attempt
		{At: at(1020), Ended: at(1021), Refused: true}, {At: at(1025), Ended: at(1030), Status: 200}, // the next
		{At: at(1040), Ended: at(1041), Status: 200},                                                               // and one that nothing explains
		{At: at(1050), Ended: at(1050), Refused: true, Late: true},                                                 // the connection had turned it away before
		{At: at(1060), Ended: at(1061), Refused: true}, {At: at(3000), Ended: at(3000), Refused: true, Late: true}, // two more
	} {
		s.called(c)
	}
	if len(s.Calls) != 5 || s.Calls[2].Repeats != 1 || s.Calls[2].Status != 200 || s.Calls[0].Repeats != 1 || s.Calls[1].Repeats != 1 || s.Calls[1].Status != 200 || s.Calls[3].Repeats != 0 {
		t.Errorf("%+v", s.Calls)
	}
}

// So does one after a worker stood still, and not one that came long after that.
func TestRequestsAroundAStop(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		again int // when the second request comes
		fault Fault
		want  int // calls
	}{
		"as soon as it was woken":    {4100, hit(WorkerStop, 1, 5, 4000), 1},
		"long after it was woken":    {6000, hit(WorkerNap, 1, 5, 4000), 2},
		"while another stood still":  {2000, hit(WorkerStop, 2, 5, 4000), 2},
		"long before it was stopped": {4100, hit(WorkerStop, 1, 3000, 4000), 2},
		"nobody stood still":         {4100, hit(WorkerKill, 1, 5, 4000), 2},
	} {
		s := &Story{Calls: []Call{{At: at(10), Ended: at(11), Refused: true}, call(c.again, 200)}}
		s.join([]Fault{c.fault})
		if len(s.Calls) != c.want || c.want == 1 && (s.Calls[0].Repeats != 1 || s.Calls[0].At != at(10) || s.Calls[0].Status != 200) {
			t.Errorf("%s: %+v", name, s.Calls)
		}
	}
}

// And one that a busy worker sent late, as the record of its attempt shows.
func TestRequestsOfOneRecord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attempts []schema.Attempt
		want     int // calls
	}{
		"one attempt":              {[]schema.Attempt{{Attempt: 1, At: at(900), TookMS: 895}}, 1},
		"the next attempt":         {[]schema.Attempt{{Attempt: 1, At: at(12), TookMS: 7}, {Attempt: 2, At: at(900), TookMS: 45}}, 2},
		"the record of the second": {[]schema.Attempt{{Attempt: 2, At: at(900), TookMS: 45}}, 2},
	} {
		s := &Story{Calls: []Call{{At: at(10), Ended: at(11), Refused: true}, call(860, 200)}, Attempts: c.attempts}
		s.join(nil)
		if len(s.Calls) != c.want || c.want == 1 && (s.Calls[0].Repeats != 1 || s.Calls[0].At != at(10) || s.Calls[0].Status != 200) {
			t.Errorf("%s: %+v", name, s.Calls)
		}
	}
}
