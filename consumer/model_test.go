package consumer

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/raced"
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
	lateLittle   // an error, and the effect when the hold has ended
	lateMore     // the same, when another worker may make its call
	lateMost     // the same, when that has ended
	writeFaults
	anew       // the effect, and the server begins anew: it was killed
	anewRepeat // the same, and the producer repeats the step
)

// lateness is how much later a write takes effect. Its worker is cut off until then.
var lateness = map[int]time.Duration{
	lateLittle: modelWait - modelCall/2, lateMore: modelWait + modelCall/2, lateMost: modelWait + 2*modelCall,
}

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
	lane     schema.Lane // in which retries wait
	blind    bool        // nobody looks into the past
	trusting bool        // holds don't end
	noIDs    bool        // the server does not know ids
	mute     bool        // nobody tells the server of old messages
	unaware  bool        // nobody notices what is late

	forgiving bool // nobody minds that it has
	restarted time.Time
	restarts  bool   // the server begins anew now and then, and hardly anything else happens
	unsteady  bool   // it answers no questions for a while a moment after that
	memory    memory // of the workers: when it did

	profile bool // the tile saves the answer to the user's profile

	lateFirst bool // nothing arrives late after another fault, which saves more than half of the runs
	faulty    bool // there was a fault

	resultsOnly bool // nothing but the number of results counts

	mu       sync.Mutex // of all that follows, and of messages
	began    time.Time
	upFrom   time.Time
	msgs     []*modelMsg
	changed  chan struct{}
	calls    int
	busy     int // workers
	underWay int // writes that are late
	hits     int // faults that can repeat a call
	story    []string
}

// tell adds a line to the run's story. The caller holds mu.
func (m *model) tell(format string, args ...any) {
	m.story = append(m.story, fmt.Sprintf("%9s ", time.Since(m.began))+fmt.Sprintf(format, args...))
}

// fault chooses what happens, fine when no more may. The caller holds mu.
func (m *model) fault(n int) int {
	if m.faults == 0 {
		return fine
	}
	if m.restarts && n == writeFaults {
		if f := []int{fine, lostAfter, dieAfter, anew, anewRepeat}[m.choose(5)]; f != fine {
			m.faults--
			return f
		}
		return fine
	}
	if m.lateFirst && m.faulty && n == writeFaults {
		n = lateLittle
	}
	f := m.choose(n)
	if f != fine {
		m.faults--
		m.faulty = true
	}
	return f
}

// Lookup is the webhook, paused at first where the run says so.
func (m *model) Lookup(project, id string) (*schema.Webhook, bool) {
	w := &schema.Webhook{Project: project, ID: id, State: schema.Active, Method: "GET"}
	w.Retry.Max, w.Retry.Delay = 2, schema.Duration(m.lane.Wait)
	if time.Since(m.began) < m.paused {
		w.State = schema.Paused
	}
	return w, true
}

func (m *model) Fetch(context.Context, string, string) (*schema.Webhook, bool, error) {
	return nil, false, nil
}

// Dispatch is a call. No two end at the same moment, so that a path is always the same.
func (m *model) Dispatch(context.Context, *schema.Webhook, *schema.Step) schema.Outcome {
	time.Sleep(m.takes())
	m.mu.Lock()
	defer m.mu.Unlock()
	out := schema.Outcome{Verdict: schema.Delivered, Status: 200}
	if m.choose(2) == 1 {
		out = schema.Outcome{Verdict: schema.Failed, Status: 503, Reason: schema.ReasonStatus}
	}
	if m.profile && out.Verdict == schema.Delivered {
		out.Fields = json.RawMessage(`{"city":"Berlin"}`)
	}
	out.Call.Ended = time.Now()
	m.tell("call answered %d", out.Status)
	return out
}

// takes says how long a call takes.
func (m *model) takes() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.underWay > 0 {
		m.hits++ // nobody can know of what is still under way
	}
	took := modelCall + time.Duration(m.calls)*time.Millisecond
	switch m.fault(callFaults) {
	case dieInCall:
		m.hits++
		m.tell("call, and the worker dies")
		runtime.Goexit()
	case restart:
		m.hits++
		m.tell("call, and the server begins anew")
		if m.restarts {
			m.begin()
			break
		}
		for _, d := range m.msgs {
			if again := later(time.Now(), d.heard.Add(modelWait)); again.Before(d.free) {
				d.free = again
			}
		}
		m.signal()
	case standStill:
		m.hits++
		m.tell("call, and the worker stands still")
		took += modelWait - modelCall/2
	}
	return took
}

// silent reports whether the server answers no questions just now. That begins after the time for the first of them, and ends
// before the hold of a step whose call has ended. The caller holds mu.
func (m *model) silent() bool {
	since := time.Since(m.restarted)
	return m.unsteady && since > modelCall/2 && since < modelWait/2
}

// begin lets the server begin anew after it was killed. It has forgotten what it had delivered, and what was acked a moment
// ago, and delivers that again. The caller holds mu.
func (m *model) begin() {
	now := time.Now()
	m.restarted = now
	m.memory.note(begin{now.Add(-time.Second), now})
	for _, d := range m.msgs {
		if d.gone && now.Sub(d.ended) < ackUnsaved {
			m.tell("… the ack of %s %d is lost", d.stream, d.seq)
			d.gone = false
		}
		d.deliveries, d.free = 0, later(now, d.due)
	}
	m.signal()
}

// repeat publishes the step once more, as its producer does that was not told. The caller holds mu.
func (m *model) repeat() {
	first := m.msgs[0]
	if conn := (&modelConn{model: m}); conn.old("steps", first.header.Get(jetstream.MsgIDHeader)) != nil {
		m.tell("… repeated, and dropped")
		return
	}
	m.tell("… repeated")
	m.store("steps", first.subject, first.header, first.data)
	m.signal()
}

var modelMetrics = NewMetrics(prometheus.NewRegistry())

// deliver has a new worker handle a message.
func (m *model) deliver(d *modelMsg) {
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.busy--
		m.signal()
	}()
	conn := &modelConn{model: m}
	c := &Consumer{
		JS: conn, Webhooks: m, Dispatcher: m, Metrics: modelMetrics, Log: zerolog.Nop(), AckWait: modelWait, MaxInFlight: 4,
		soft: context.Background(), hard: context.Background(), last: context.Background(),
		past: &past{archive: conn, trails: trailsOfMessages(schema.Names{})}, tell: conn.listen,
		updates: &past{archive: conn, trails: trailsOfUpdates(schema.Names{})},
		ids:     &m.memory, window: modelWindow,
	}
	if m.forgiving {
		c.ids = nil
	}
	if m.trusting {
		c.AckWait = 24 * time.Hour
	}
	c.gate.budget, c.beats.every = 4, c.AckWait/3
	c.backlog.begin(context.Background(), c)
	c.backlog.drains["acme.crm"] = &drain{}
	h := &held{consumer: c, msg: &delivery{d, conn}, memory: c.ids, fresh: d.stream == "steps", progress: schema.ReadProgress(d.header)}
	if d.stream == "retries" {
		h.lane = &m.lane
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
	if m.profile {
		s.Tile.Type = schema.UserProfile
	}
	data, _ := json.Marshal(s)
	m.store("steps", schema.Names{}.StepSubject("acme", "crm"), nats.Header{jetstream.MsgIDHeader: {s.Key()}}, data)
	for time.Since(m.began) < 10*time.Hour {
		next, wait, over := m.turn()
		switch {
		case over:
			return
		case next != nil:
			go m.deliver(next)
			synctest.Wait()
		case wait == 0:
			<-m.changed
		default:
			select {
			case <-time.After(wait):
			case <-m.changed:
			}
		}
	}
}

// turn delivers the next message if it may be delivered now, or says how long that takes. Without a
// message it waits for the workers, and is over when they are done.
func (m *model) turn() (next *modelMsg, wait time.Duration, over bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.first()
	if d == nil {
		return nil, 0, m.busy == 0 && m.underWay == 0
	}
	if wait := time.Until(later(d.free, m.upFrom)); wait > 0 {
		return nil, wait, false
	}
	m.busy++
	d.deliveries++
	d.free, d.heard = time.Now().Add(modelWait), d.stored // that is what the real one writes down
	m.tell("deliver %s %d, time %d", d.stream, d.seq, d.deliveries)
	return d, 0, false
}

// first is the message that may be delivered soonest. The caller holds mu.
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
	updates := 0
	for _, d := range m.msgs {
		if d.stream == "profiles" {
			updates++
		}
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
	case m.profile && updates > 1, m.profile && updates == 0 && r.Outcome == schema.Continue:
		return fmt.Sprintf("%d updates of the profile, and the step ended with %s", updates, r.Outcome)
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
			m := &model{choices: &all, faults: faults, lane: schema.LaneFor(3 * time.Minute)}
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
		"a webhook that is active":           func(*model) {},
		"a webhook that is paused at first":  func(m *model) { m.paused = 20 * time.Minute },
		"a webhook that is resumed soon":     func(m *model) { m.paused, m.lane = 20*time.Second, schema.LaneFor(time.Second) },
		"a webhook that is tried again soon": func(m *model) { m.lane = schema.LaneFor(time.Second) },
		"a webhook that answers a profile":   func(m *model) { m.profile = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			most := faults
			if raced.On() && strings.HasSuffix(name, "a profile") {
				most = 1
			}
			what, runs := explore(t, most, func(m *model) {
				m.lateFirst = raced.On()
				edit(m)
			})
			if what != "" {
				t.Errorf("run %d: %s", runs, what)
			}
			t.Logf("%d runs", runs)
		})
	}
}

// A server that is killed may do so at every write and in every call, and the producer may repeat the step then.
func TestEveryRestartEndsWithOneResult(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*model){
		"a webhook that is active":           func(*model) {},
		"a webhook that is paused at first":  func(m *model) { m.paused = 20 * time.Minute },
		"a webhook that is tried again soon": func(m *model) { m.lane = schema.LaneFor(time.Second) },
		"a webhook that answers a profile":   func(m *model) { m.profile = true },
		"a server that has no answers":       func(m *model) { m.profile, m.unsteady = true, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := 2
			if raced.On() {
				faults = 1
			}
			what, runs := explore(t, faults, func(m *model) {
				m.restarts = true
				edit(m)
			})
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
		"nobody notices what is late":                     func(m *model) { m.unaware = true },
		"nobody minds that the server began anew":         func(m *model) { m.restarts, m.forgiving = true, true },
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
