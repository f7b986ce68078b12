package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/schema"
)

// load knows which steps were sent, notes their results, and remembers the first thing that went wrong.
type load struct {
	mu      sync.Mutex
	numbers int                      // given to steps so far
	sent    map[string]sending       // by step
	results map[string]time.Duration // from publish, by step
	open    map[string]int           // steps without a result, by webhook
	expects map[string]ending        // by webhook; delivered where it says nothing
	wrong   error
}

// sending is when a step was published, and for which webhook.
type sending struct {
	at   time.Time
	hook string // its id; project.id where the project is not the usual one
}

// ending is what a webhook's steps must end with.
type ending struct {
	decision schema.Decision
	reason   schema.Reason
}

var (
	delivered = ending{schema.Continue, schema.ReasonDelivered}
	exhausted = ending{schema.Exit, schema.ReasonRetriesExhausted}
)

func newLoad() load {
	return load{sent: map[string]sending{}, results: map[string]time.Duration{}, open: map[string]int{}, expects: map[string]ending{}}
}

// address is a webhook's project and id.
func address(hook string) (project, id string) {
	if project, id, ok := strings.Cut(hook, "."); ok {
		return project, id
	}
	return "bench", hook
}

// named says whether a webhook's id, whatever its project, begins like this.
func named(hook, prefix string) bool {
	_, id := address(hook)
	return strings.HasPrefix(id, prefix)
}

// expect says what a webhook's steps must end with.
func (l *load) expect(hook string, e ending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expects[hook] = e
}

// fail remembers the first thing that went wrong.
func (l *load) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wrong == nil {
		l.wrong = err
	}
}

func (l *load) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wrong
}

// begin notes that a step is being published.
func (l *load) begin(id, hook string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[id] = sending{time.Now(), hook}
	l.open[hook]++
}

// id makes one for a step.
func (l *load) id(hook string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.numbers++
	_, id := address(hook)
	return fmt.Sprint(id, "-", l.numbers)
}

// note takes a result as a worker publishes it. A worker repeats that until NATS confirms it, and RESULTS drops
// what is repeated, so only once can tell whether a step has two.
func (l *load) note(m *nats.Msg) {
	now := time.Now()
	if len(m.Data) == 0 {
		return // a worker's question whether the server knows an id, which is stored nowhere
	}
	var r schema.Result
	if err := json.Unmarshal(m.Data, &r); err != nil {
		l.fail(fmt.Errorf("a result that can't be read: %w", err))
		return
	}
	if err := l.end(r, now); err != nil {
		l.fail(err)
	}
}

// end notes what a step ended with, and says what is wrong with it.
func (l *load) end(r schema.Result, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	from, ok := l.sent[r.StepID]
	if !ok {
		return fmt.Errorf("a result for the step %q, which nobody sent", r.StepID)
	}
	if _, again := l.results[r.StepID]; !again {
		l.results[r.StepID] = now.Sub(from.at)
		l.open[from.hook]--
	}
	want, ok := l.expects[from.hook]
	if !ok {
		want = delivered
	}
	if (ending{r.Outcome, r.Reason}) != want {
		return fmt.Errorf("step %s ended with %s, %s (%s); %s, %s was expected", r.StepID, r.Outcome, r.Reason, r.Detail, want.decision, want.reason)
	}
	return nil
}

// missing counts the steps without a result of the webhooks whose ids begin like this.
func (l *load) missing(prefix string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for hook, open := range l.open {
		if named(hook, prefix) {
			n += open
		}
	}
	return n
}

// ended counts the steps that have a result.
func (l *load) ended() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.results)
}

// done waits until every step that was published for webhooks whose ids begin like this has its result, and fails
// as soon as one is not as it should be.
func (l *load) done(within time.Duration, prefix string) error {
	err := child.Until(context.Background(), within, "all results of "+prefix, func() bool { return l.failure() != nil || l.missing(prefix) == 0 })
	if failed := l.failure(); failed != nil {
		return failed
	}
	if err != nil {
		return fmt.Errorf("%w: %d are missing", err, l.missing(prefix))
	}
	return nil
}

// times are how long the steps took whose webhooks' ids begin like this and that were published between two times,
// shortest first.
func (l *load) times(prefix string, from, to time.Time) []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []time.Duration
	for id, took := range l.results {
		if s := l.sent[id]; named(s.hook, prefix) && !s.at.Before(from) && s.at.Before(to) {
			all = append(all, took)
		}
	}
	slices.Sort(all)
	return all
}

// latency waits for the steps that were published between two times, the late ones, too, and fills a row's columns
// with how long they took.
func (l *load) latency(r row, prefix string, from, to time.Time) (row, error) {
	if err := l.done(time.Minute, prefix); err != nil {
		return row{}, err
	}
	return r.spread(l.times(prefix, from, to))
}

// spread fills a row's columns with sorted times.
func (r row) spread(all []time.Duration) (row, error) {
	if len(all) == 0 {
		return row{}, fmt.Errorf("%s: there is nothing to measure", r.Name)
	}
	r.P50, r.P99, r.Max = millis(percentile(all, 50)), millis(percentile(all, 99)), millis(all[len(all)-1])
	return r, nil
}

// percentile of sorted times.
func percentile(all []time.Duration, p int) time.Duration {
	return all[min(len(all)*p/100, len(all)-1)]
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
