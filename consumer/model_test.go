package consumer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
)

// The model runs one step through workers and a JetStream made of slices, in every way that up to so
// many faults and every series of answers can make it go, and holds the end against the promises. Each
// delivery has a worker of its own, which may die, or stand still, while others go on.

// What may happen around a write to the server.
const (
	fine       = iota
	lostBefore // an error, and no effect
	lostAfter  // the effect, and an error
	dieBefore
	dieAfter
	awayAfter    // the effect, an error, and then no server for longer than the duplicate window
	awayDieAfter // the same, and the worker dies
	writeFaults
)

// What may happen to a worker during a call.
const (
	dieInCall  = iota + 1
	standStill // for longer than the ack wait, and shorter than another worker's call
	restart    // the server begins anew, and counts the ack wait from what it has written down
	callFaults
)

const (
	modelWindow = 5 * time.Minute
	modelAway   = 6 * time.Minute
	modelWait   = 30 * time.Second
	modelCall   = 8 * time.Second
)

// choices is one path through the tree of all that may happen.
type choices struct {
	path, sizes []int
	at          int
}

func (c *choices) choose(n int) int {
	if c.at == len(c.path) {
		c.path, c.sizes = append(c.path, 0), append(c.sizes, n)
	}
	c.at++
	return c.path[c.at-1]
}

// next turns to the next path, false after the last.
func (c *choices) next() bool {
	c.path, c.sizes = c.path[:c.at], c.sizes[:c.at]
	for c.at = 0; len(c.path) > 0; {
		last := len(c.path) - 1
		if c.path[last]++; c.path[last] < c.sizes[last] {
			return true
		}
		c.path, c.sizes = c.path[:last], c.sizes[:last]
	}
	return false
}

// model is one run.
type model struct {
	jetstream.JetStream // only what is used is there
	*choices
	faults   int // that may still happen
	paused   time.Duration
	blind    bool // nobody looks into the past
	trusting bool // holds don't end
	noIDs    bool // the server does not know ids
	mute     bool // nobody tells the server of old messages

	resultsOnly bool // nothing but the number of results counts

	began   time.Time
	upFrom  time.Time
	msgs    []*modelMsg
	changed chan struct{}
	calls   int
	busy    int // workers
	hits    int // faults that can repeat a call
	story   []string
}

// modelMsg is a stored message, and its delivery.
type modelMsg struct {
	jetstream.Msg
	m          *model
	stream     string
	seq        uint64
	subject    string
	header     nats.Header
	data       []byte
	stored     time.Time
	gone       bool
	deliveries uint64
	free       time.Time // when it may be delivered
	heard      time.Time // of who holds it, for a server that begins anew
}

func (m *model) tell(format string, args ...any) {
	m.story = append(m.story, fmt.Sprintf("%9s ", time.Since(m.began))+fmt.Sprintf(format, args...))
}

func (m *model) fault(n int) int {
	if m.faults == 0 {
		return fine
	}
	f := m.choose(n)
	if f != fine {
		m.faults--
	}
	return f
}

var errModel = errors.New("model: no answer")

// write makes a change on the server, or not.
func (m *model) write(what string, effect func()) error {
	if time.Now().Before(m.upFrom) {
		return errModel
	}
	f := m.fault(writeFaults)
	m.tell("%s, fault %d", what, f)
	if f == lostBefore {
		return errModel
	}
	if f == dieBefore {
		m.hits++
		runtime.Goexit()
	}
	effect()
	m.signal()
	if f == awayAfter || f == awayDieAfter {
		m.hits++
		m.upFrom = time.Now().Add(modelAway)
	}
	if f == dieAfter || f == awayDieAfter {
		m.hits++
		runtime.Goexit()
	}
	if f != fine {
		return errModel
	}
	return nil
}

func (m *model) signal() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

func (m *model) Conn() *nats.Conn { return nil }

// PublishMsg stores a message unless its id was stored within the window. Ids of what left a work queue
// are forgotten when the server comes back, as the real one does.
func (m *model) PublishMsg(_ context.Context, msg *nats.Msg, _ ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	kind := strings.Split(msg.Subject, ".")[1]
	id := msg.Header.Get(jetstream.MsgIDHeader)
	err := m.write("publish "+msg.Subject+" "+id, func() {
		for _, old := range m.msgs {
			known := old.stored.After(time.Now().Add(-modelWindow)) && (old.stored.After(m.upFrom) || !old.gone)
			if !m.noIDs && old.stream == kind && old.header.Get(jetstream.MsgIDHeader) == id && known {
				m.tell("… dropped")
				return
			}
		}
		m.store(kind, msg.Subject, msg.Header, msg.Data)
	})
	return &jetstream.PubAck{}, err
}

func (m *model) store(kind, subject string, header nats.Header, data []byte) {
	now := time.Now()
	one := &modelMsg{m: m, stream: kind, seq: uint64(len(m.msgs) + 1), subject: subject, header: header, data: data, stored: now, free: now}
	switch kind {
	case "retries":
		one.free = now.Add(schema.LaneFor(3 * time.Minute).Wait)
	case "backlog":
		one.free = later(now, m.began.Add(m.paused))
	}
	m.msgs = append(m.msgs, one)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// ids is the archive.
func (m *model) ids(_ context.Context, stream, subject string, since time.Time, visit func(string)) error {
	if time.Now().Before(m.upFrom) {
		return errModel
	}
	for _, msg := range m.msgs {
		inWork := msg.stream == "retries" || msg.stream == "backlog"
		if strings.HasSuffix(strings.ToLower(stream), msg.stream) && !(inWork && msg.gone) && !msg.stored.Before(since) && !m.blind {
			visit(msg.header.Get(jetstream.MsgIDHeader))
		}
	}
	return nil
}

// listen takes words about held messages.
func (m *model) listen(_ context.Context, all []*held, _ []byte) error {
	if m.mute {
		return nil
	}
	if time.Now().Before(m.upFrom) {
		return errModel
	}
	for _, h := range all {
		d := h.msg.(*modelMsg)
		d.heard, d.free = time.Now(), time.Now().Add(modelWait)
	}
	return nil
}

func (d *modelMsg) Data() []byte         { return d.data }
func (d *modelMsg) Headers() nats.Header { return d.header }
func (d *modelMsg) Subject() string      { return d.subject }
func (d *modelMsg) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{
		Sequence: jetstream.SequencePair{Stream: d.seq}, NumDelivered: d.deliveries, Timestamp: d.stored, Stream: d.stream,
	}, nil
}

func (d *modelMsg) DoubleAck(context.Context) error {
	return d.m.write("ack "+d.stream, func() { d.gone = true })
}

func (d *modelMsg) NakWithDelay(delay time.Duration) error {
	d.free = time.Now().Add(delay)
	d.m.signal()
	return nil
}

// Lookup is the webhook, paused at first where the run says so.
func (m *model) Lookup(project, id string) (*schema.Webhook, bool) {
	w := &schema.Webhook{Project: project, ID: id, State: schema.Active}
	w.Retry.Max, w.Retry.Delay = 2, schema.Duration(3*time.Minute)
	if time.Since(m.began) < m.paused {
		w.State = schema.Paused
	}
	return w, true
}

func (m *model) Fetch(context.Context, string, string) (*schema.Webhook, bool, error) {
	return nil, false, nil
}

// Dispatch is a call.
func (m *model) Dispatch(context.Context, *schema.Webhook, *schema.Step) schema.Outcome {
	m.calls++
	switch m.fault(callFaults) {
	case dieInCall:
		m.hits++
		m.tell("call, and the worker dies")
		runtime.Goexit()
	case restart:
		m.hits++
		m.tell("call, and the server begins anew")
		for _, d := range m.msgs {
			if again := later(time.Now(), d.heard.Add(modelWait)); again.Before(d.free) {
				d.free = again
			}
		}
		m.signal()
		time.Sleep(modelCall)
	case standStill:
		m.hits++
		m.tell("call, and the worker stands still")
		time.Sleep(modelWait + modelCall/2)
	default:
		time.Sleep(modelCall)
	}
	out := schema.Outcome{Verdict: schema.Delivered, Status: 200}
	if m.choose(2) == 1 {
		out = schema.Outcome{Verdict: schema.Failed, Status: 503, Reason: schema.ReasonStatus}
	}
	out.Call.Ended = time.Now()
	m.tell("call answered %d", out.Status)
	return out
}

var modelMetrics = NewMetrics(prometheus.NewRegistry())

// deliver has a new worker handle a message.
func (m *model) deliver(d *modelMsg) {
	defer func() {
		m.busy--
		m.signal()
	}()
	d.deliveries++
	d.free, d.heard = time.Now().Add(modelWait), d.stored // that is what the real one writes down
	m.tell("deliver %s %d, time %d", d.stream, d.seq, d.deliveries)
	c := &Consumer{
		JS: m, Webhooks: m, Dispatcher: m, Metrics: modelMetrics, Log: zerolog.Nop(), AckWait: modelWait, MaxInFlight: 4,
		soft: context.Background(), hard: context.Background(), last: context.Background(),
		past: &past{archive: m}, tell: m.listen,
	}
	if m.trusting {
		c.AckWait = 24 * time.Hour
	}
	c.gate.budget, c.beats.every = 4, c.AckWait/3
	c.backlog.consumer, c.backlog.drains = c, map[string]*drain{"acme.crm": {}}
	h := &held{consumer: c, msg: d, progress: schema.ReadProgress(d.header)}
	if d.stream == "retries" {
		lane := schema.LaneFor(3 * time.Minute)
		h.lane = &lane
	} else if d.stream == "backlog" {
		h.room = func(*schema.Outcome) {}
	}
	c.beats.add(h)
	c.handle(h)
}

// run lets the step go until nothing is left.
func (m *model) run() {
	m.began, m.changed = time.Now(), make(chan struct{}, 1)
	s := schema.Step{ID: "s1", ProjectID: "acme", WorkflowID: 1, WebhookID: "crm", Tile: schema.Tile{ID: "7", Type: schema.CallWebhook}, User: schema.User{Email: "a@b.c"}}
	data, _ := json.Marshal(s)
	m.store("steps", schema.Names{}.StepSubject("acme", "crm"), nats.Header{jetstream.MsgIDHeader: {s.Key()}}, data)
	for time.Since(m.began) < 10*time.Hour {
		first := m.first()
		if first == nil && m.busy == 0 {
			return
		}
		if first == nil {
			<-m.changed
			continue
		}
		if wait := time.Until(later(first.free, m.upFrom)); wait > 0 {
			select {
			case <-time.After(wait):
			case <-m.changed:
			}
			continue
		}
		m.busy++
		go m.deliver(first)
		synctest.Wait()
	}
}

// first is the message that may be delivered soonest.
func (m *model) first() *modelMsg {
	var first *modelMsg
	for _, d := range m.msgs {
		if slices.Contains([]string{"steps", "retries", "backlog"}, d.stream) && !d.gone && (first == nil || d.free.Before(first.free)) {
			first = d
		}
	}
	return first
}

// broken says which promise the run broke, "" for none.
func (m *model) broken() string {
	var results []schema.Result
	for _, d := range m.msgs {
		if d.stream == "results" {
			var r schema.Result
			_ = json.Unmarshal(d.data, &r)
			results = append(results, r)
		}
	}
	if len(results) != 1 {
		return fmt.Sprintf("%d results", len(results))
	}
	if m.resultsOnly {
		return ""
	}
	switch r := results[0]; {
	case m.first() != nil:
		return "something is left"
	case r.Attempts > m.calls:
		return fmt.Sprintf("%d attempts in the result, %d calls", r.Attempts, m.calls)
	case m.calls > r.Attempts+m.hits:
		return fmt.Sprintf("%d attempts in the result, %d calls, %d faults that can repeat one", r.Attempts, m.calls, m.hits)
	}
	return ""
}

// explore runs every path and returns the first broken one, and how many there were.
func explore(t *testing.T, faults int, edit func(*model)) (what string, runs int) {
	t.Helper()
	var all choices
	for more := true; more && what == ""; more = all.next() {
		runs++
		synctest.Test(t, func(*testing.T) {
			m := &model{choices: &all, faults: faults}
			edit(m)
			m.run()
			time.Sleep(time.Hour) // for workers that stand still
			if what = m.broken(); what != "" {
				what += "\n" + strings.Join(m.story, "\n")
			}
		})
	}
	return what, runs
}

func TestEveryOrderOfFaultsEndsWithOneResult(t *testing.T) {
	t.Parallel()
	faults := 2
	if testing.Short() {
		faults = 1
	}
	for name, edit := range map[string]func(*model){
		"a webhook that is active":          func(*model) {},
		"a webhook that is paused at first": func(m *model) { m.paused = 20 * time.Minute },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			what, runs := explore(t, faults, edit)
			if what != "" {
				t.Errorf("run %d: %s", runs, what)
			}
			t.Logf("%d runs", runs)
		})
	}
}

// A model that could not see a missing guard would prove nothing.
func TestTheModelSeesAMissingGuard(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*model){
		"nobody looks into the past":                      func(m *model) { m.blind = true },
		"nobody looks into the past, and a webhook rests": func(m *model) { m.blind, m.paused = true, 20*time.Minute },
		"holds do not end":                                func(m *model) { m.trusting = true },
		"the server is not told of old messages":          func(m *model) { m.mute, m.paused = true, 20*time.Minute },
		"the server knows no ids":                         func(m *model) { m.noIDs = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			what, runs := explore(t, 1, func(m *model) {
				m.resultsOnly = true
				edit(m)
			})
			if what == "" {
				t.Errorf("%d runs, and nothing was broken", runs)
			}
			t.Logf("run %d: %s", runs, what)
		})
	}
}
