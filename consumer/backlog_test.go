package consumer_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/schema"
)

func steps(n int, webhook string) []schema.Step {
	var all []schema.Step
	for i := range n {
		all = append(all, step(fmt.Sprintf("%s-%04d", webhook, i), webhook))
	}
	return all
}

// One endpoint hangs and its steps go to the backlog; the others do not notice; in the end all have
// their results, and nothing is left behind.
func TestAHangingEndpointIsNotFeltByOthers(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := setup(t, hogHangs(release), func(c *consumer.Consumer) { c.MaxInFlight = 64 })
	b.hooks.set(hook("hog", func(w *schema.Webhook) { w.Endpoint = "https://hog.example.com/" }))
	b.hooks.set(hook("healthy"))
	b.send(steps(300, "hog")...)
	time.Sleep(500 * time.Millisecond)
	begun := time.Now()
	b.send(steps(200, "healthy")...)
	b.count(b.names.Results(), 200, 10*time.Second) // the hog would hold them for ever
	if waited := time.Since(begun); waited > 20*time.Second {
		t.Errorf("200 healthy steps took %s", waited)
	}
	b.count(b.names.Steps(), 32, 10*time.Second) // half the budget hangs, the rest waits elsewhere
	b.count(b.names.Backlog(), 268, 10*time.Second)
	close(release)
	for id, r := range b.results(500, 30*time.Second) {
		if r.Attempts != 1 || r.Outcome != schema.Continue {
			t.Errorf("%s: %+v", id, r)
		}
	}
	b.count(b.names.Backlog(), 0, 5*time.Second)
}

// A worker that dies leaves its backlog to be found.
func TestABacklogIsFoundByAnotherWorker(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.State = schema.Paused }))
	b.send(steps(20, "crm")...)
	b.count(b.names.Backlog(), 20, 5*time.Second)
	b.stopped()
	b.hooks.set(hook("crm"))
	b.consumer = b.newConsumer(ok)
	b.start()
	b.results(20, 10*time.Second)
}

// While a webhook has a backlog its fresh steps join it, so that none overtakes those that wait.
func TestFreshStepsJoinTheBacklog(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var order []string
	var busy atomic.Int32
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		if busy.Add(1) > 1 {
			t.Error("two calls at once with a budget of one")
		}
		defer busy.Add(-1)
		mu.Lock()
		order = append(order, r.Header["Idempotency-Key"][0])
		mu.Unlock()
		return ok(r)
	}, func(c *consumer.Consumer) { c.MaxInFlight = 1 })
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.State = schema.Paused }))
	all := steps(30, "crm")
	b.send(all[:20]...)
	b.count(b.names.Backlog(), 20, 5*time.Second)
	b.hooks.set(hook("crm"))
	b.send(all[20:]...)
	b.results(30, 20*time.Second)
	for i, id := range order[:20] {
		if id >= "acme:crm-0020" {
			t.Fatalf("call %d was for %s, which overtook steps that waited", i, id)
		}
	}
}

func TestAStepOfADeletedWebhookLeavesTheBacklog(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.State = schema.Paused }))
	b.send(steps(3, "crm")...)
	b.count(b.names.Backlog(), 3, 5*time.Second)
	b.hooks.mu.Lock()
	delete(b.hooks.memory, "acme/crm")
	b.hooks.mu.Unlock()
	for _, r := range b.results(3, 10*time.Second) {
		if r.Reason != schema.ReasonWebhookDeleted {
			t.Errorf("%+v", r)
		}
	}
}

func TestAGrowingBacklogNotifies(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.State = schema.Paused }))
	for _, s := range steps(1100, "crm") {
		if _, err := b.js.PublishAsync(b.names.StepSubject("acme", "crm"), encode(t, s), jetstream.WithMsgID(s.Key())); err != nil {
			t.Fatal(err)
		}
	}
	b.count(b.names.Backlog(), 1100, 20*time.Second)
	for deadline := time.Now().Add(5 * time.Second); b.notes.kinds()[schema.KindBacklogGrowing] == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody was told")
		}
	}
	time.Sleep(1500 * time.Millisecond)
	if n := b.notes.kinds()[schema.KindBacklogGrowing]; n != 1 {
		t.Errorf("%d notifications, want 1", n)
	}
}
