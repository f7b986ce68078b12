package consumer_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/schema"
)

// Steps of a webhook that this worker can't open leave STEPS and their lanes, so that they keep nobody from being delivered.
// They are called by a worker that can open it.
func TestStepsOfALockedWebhookWaitInTheBacklog(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	b := setup(t, busyOnce(&calls))
	quickly := func(w *schema.Webhook) { w.Retry.Delay = schema.Duration(time.Second) }
	b.hooks.set(hook("crm", quickly))
	b.send(step("retried", "crm"))
	b.count(b.names.Retries(), 1, 5*time.Second)
	locked := hook("crm", quickly)
	locked.Locked = true
	b.hooks.set(locked)
	b.send(steps(20, "crm")...)
	b.count(b.names.Backlog(), 21, 10*time.Second)
	b.count(b.names.Steps(), 0, 5*time.Second)
	b.count(b.names.Retries(), 0, 5*time.Second)
	before := consumer.GivenBack(b.consumer)
	time.Sleep(1500 * time.Millisecond)
	if calls.Load() != 1 || consumer.GivenBack(b.consumer) != before {
		t.Errorf("%d calls; steps were pulled by a worker that can't open their webhook", calls.Load())
	}
	b.hooks.set(hook("crm", quickly))
	if r := b.results(21, 20*time.Second)["retried"]; r.Attempts != 2 {
		t.Errorf("%+v", r)
	}
}

// While the bucket can't be asked, nobody exits, and the steps hold no place that others need.
func TestStepsOfAWebhookNobodyCanAskForWaitInTheBacklog(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.hooks.mu.Lock()
	b.hooks.err = errors.New("no answer")
	b.hooks.mu.Unlock()
	b.send(steps(20, "crm")...)
	b.count(b.names.Backlog(), 20, 10*time.Second)
	b.hooks.mu.Lock()
	b.hooks.err, b.hooks.bucket["acme/crm"] = nil, hook("crm")
	b.hooks.mu.Unlock()
	for id, r := range b.results(20, 20*time.Second) {
		if r.Outcome != schema.Continue {
			t.Errorf("%s: %+v", id, r)
		}
	}
}

// What NATS refuses is in the log, once, and the worker's readiness names it.
func TestARefusedConsumerIsSaid(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	release := make(chan struct{})
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		<-release
		return ok(r)
	}, func(c *consumer.Consumer) { c.Log = zerolog.New(zerolog.SyncWriter(&log)) })
	stream, err := b.js.Stream(t.Context(), b.names.Backlog())
	if err != nil {
		t.Fatal(err)
	}
	few := stream.CachedInfo().Config
	few.MaxConsumers = 1
	if _, err := b.js.UpdateStream(t.Context(), few); err != nil {
		t.Fatal(err)
	}
	ids := []string{"a", "b", "c"}
	for _, id := range ids {
		b.hooks.set(hook(id, func(w *schema.Webhook) { w.State = schema.Paused }))
		b.send(step("of-"+id, id))
	}
	b.count(b.names.Backlog(), 3, 10*time.Second)
	for _, id := range ids {
		b.hooks.set(hook(id))
	}
	for deadline := time.Now().Add(busy * 5 * time.Second); b.consumer.Ready() == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the worker calls itself ready")
		}
	}
	if err := b.consumer.Ready(); !strings.Contains(err.Error(), "maximum consumers") {
		t.Errorf("readiness says %v", err)
	}
	close(release)
	b.results(3, 60*time.Second) // the first one's consumer is removed in the end
	b.stopped()
	if n := strings.Count(log.String(), "NATS refuses what the backlog needs"); n != 1 {
		t.Errorf("%d lines of\n%s", n, log.String())
	}
}
