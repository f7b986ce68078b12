package main

import (
	"strings"
	"testing"
	"time"
)

// ended is when the steps of a good run have their results.
var ended = at(13_020)

// good is a short run that met everything it was to meet.
func good() *Record {
	r := &Record{Run: options{length: 5 * time.Second, seed: 1, workers: 3, nodes: 1, rate: 200}, Stories: map[string]*Story{}, Moves: 1}
	for _, p := range r.Run.plan() {
		r.Faults = append(r.Faults, Fault{Kind: p.Kind})
	}
	for i := range r.Faults {
		r.Faults[i].From, r.Faults[i].Until = ended.Add(time.Second), ended.Add(2*time.Second)
	}
	for _, h := range r.Run.hooks() {
		s := recorded(Story{ID: h.id, Webhook: h.id, Calls: []Call{call(10, 503), call(13_000, 200)}, Results: []Ending{delivered(13_020, 2)}}, []int{1, 2})
		s.Again = []time.Time{ended.Add(4 * time.Second)}
		r.Stories[h.id] = &s
	}
	return r
}

func TestReach(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*Record)
		want string // of what is missing; "" for nothing
	}{
		"a good run":            {func(*Record) {}, ""},
		"a run of nothing":      {func(r *Record) { *r = Record{Run: r.Run} }, "no step was judged"},
		"a fault not made":      {func(r *Record) { r.Faults = r.Faults[1:] }, "were planned"},
		"a webhook without end": {func(r *Record) { r.Stories["cut"].Results = nil }, "no step of cut has a result"},
		"no moves":              {func(r *Record) { r.Moves = 0 }, "no step moved"},
		"none again": {func(r *Record) {
			for _, s := range r.Stories {
				s.Again = nil
			}
		}, "no step was published again after its result"},
		"none again after a restart": {func(r *Record) {
			r.Faults = append(r.Faults, Fault{Kind: NATSRestart})
			for i := range r.Faults {
				r.Faults[i].Until = ended.Add(5 * time.Second)
			}
		}, "that had ended was published again after NATS"},
		"nothing had waited": {func(r *Record) {
			r.Faults = append(r.Faults, Fault{Kind: NATSLag, Lag: lagLeast - 1})
		}, "no step had waited in STEPS"},
		"only lanes deleted": {func(r *Record) {
			r.Run.length = longPlan
			r.Faults = append(r.Faults, Fault{Kind: ConsumerDelete, Target: "lane-1s"})
		}, "the consumer of STEPS was not deleted"},
		"too small a crowd": {func(r *Record) { r.Run.many, r.Piled = 1500, 1499 }, "1500 webhooks were to have a backlog"},
		"no records": {func(r *Record) {
			for _, s := range r.Stories {
				s.Attempts = nil
			}
		}, "no step was judged"},
		"first attempts only": {func(r *Record) {
			for _, s := range r.Stories {
				s.Attempts, s.Calls = s.Attempts[:1], s.Calls[:1]
			}
		}, "no wait was judged"},
		"patient ones lost": {func(r *Record) {
			r.Run.length = unhurried
			r.Stories[hookPatient].Attempts = nil
		}, "no wait through several lanes"},
		"in a short run": {func(r *Record) { r.Stories[hookPatient].Attempts = nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := good()
			c.edit(r)
			missed := r.unreached()
			found := c.want == ""
			for _, v := range missed {
				found = found || strings.Contains(v.What, c.want)
			}
			if !found || c.want == "" && len(missed) > 0 {
				t.Errorf("missed: %v, want %q", missed, c.want)
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	for name, g := range guards {
		if code := verdict(&out, name, []Violation{{Rule: ruleReach}, {Rule: g.breaks}}); code != 0 {
			t.Errorf("%s: %d though %s is broken", name, code, g.breaks)
		}
		if code := verdict(&out, name, []Violation{{Rule: ruleReach}, {Rule: ruleTokens}}); code != 1 {
			t.Errorf("%s: %d though %s holds", name, code, g.breaks)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-only worker.kil":                 "there is no fault worker.kil",
		"-only worker.kill,nonsense":       "there is no fault nonsense",
		"-sabotage no-guard":               "there is no guard no-guard",
		"-nodes 1 -only nats.node":         "nothing is planned",
		"-time 1s":                         "nothing is planned",
		"-time 1m -only nats.away":         "nothing is planned",
		"-time 0s":                         "must be positive",
		"-nodes 0 -time 4s -only nats.all": "there is no fault nats.all",
	} {
		var stderr strings.Builder
		if code := run(t.Context(), strings.Fields(args), &stderr, &stderr); code != 2 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: %d, %q, want %q", args, code, stderr.String(), want)
		}
	}
}

func TestTokenLimit(t *testing.T) {
	t.Parallel()
	hour := 3_600_000
	for name, c := range map[string]struct {
		faults []Fault
		want   int
	}{
		"none":                                {nil, 1},
		"revoked":                             {[]Fault{fault(TokenRevoke, hookOrders, 0, 0)}, 2},
		"revoked while Redis was away":        {[]Fault{fault(TokenRevoke, hookOrders, 0, 0), fault(RedisFull, "redis", -100, 100)}, 5},
		"revoked long after Redis was full":   {[]Fault{fault(TokenRevoke, hookOrders, hour, hour), fault(RedisFull, "redis", 0, 100)}, 2},
		"revoked, and Redis empty long ago":   {[]Fault{fault(TokenRevoke, hookOrders, hour, hour), fault(RedisAway, "redis", 0, 100)}, 3},
		"a worker started while it was away":  {[]Fault{fault(WorkerKill, "worker-0", 0, 50), fault(RedisSlow, "redis", 10, 100)}, 2},
		"a worker started while it was there": {[]Fault{fault(WorkerKill, "worker-0", 0, 50)}, 1},
	} {
		if got := tokenLimit(c.faults, 3); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
