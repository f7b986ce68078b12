package consumer_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/internal/natstest"
	"github.com/journeyhook/journeyhook/schema"
)

// The client keeps something of each request that it can't send.
func TestNothingPilesUpWhileNATSIsAway(t *testing.T) {
	t.Parallel()
	start := natstest.Restarts(t)
	srv := start()
	js := natstest.Connect(t, srv.URL())
	var calls atomic.Int32
	b := setupOn(t, js, counting(&calls))
	b.hooks.set(hook("crm"))
	b.hooks.set(hook("resting", func(w *schema.Webhook) { w.State = schema.Paused }))
	b.send(step("s1", "crm"), step("s2", "resting"))
	b.count(b.names.Results(), 1, 10*time.Second)
	b.count(b.names.Backlog(), 1, 10*time.Second)
	srv.Close()
	for b.nc.IsConnected() {
		time.Sleep(time.Millisecond)
	}
	b.hooks.set(hook("resting"))
	time.Sleep(4 * time.Second) // pulls under way end by themselves
	before := b.nc.NumSubscriptions()
	time.Sleep(2 * time.Second)
	if after := b.nc.NumSubscriptions(); after > before {
		t.Errorf("%d subscriptions, %d two seconds ago", after, before)
	}
	start()
	for b.nc.Status() != nats.CONNECTED {
		time.Sleep(time.Millisecond)
	}
	b.send(step("s3", "crm"))
	b.count(b.names.Results(), 3, 20*time.Second)
}
