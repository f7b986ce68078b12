package consumer_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/natstest"
	"github.com/journeyhook/journeyhook/schema"
)

// A producer repeats what was not acknowledged, and a server that began anew has forgotten the ids of what was worked off.
func TestARepeatedStepIsDroppedAfterARestart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		webhook string
		place   func(schema.Names) string // where the step is before it is repeated
		calls   int32
	}{
		"its result is stored":    {"crm", schema.Names.Results, 1},
		"it waits for a retry":    {"down", schema.Names.Retries, 1},
		"it waits in the backlog": {"resting", schema.Names.Backlog, 0},
	} {
		for when, another := range map[string]bool{"the worker was there": false, "the worker is a new one": true} {
			t.Run(name+", "+when, func(t *testing.T) {
				t.Parallel()
				start := natstest.Restarts(t)
				srv := start()
				var calls atomic.Int32
				b := setupOn(t, natstest.Connect(t, srv.URL(), jetstream.WithDefaultTimeout(busy*5*time.Second)), counting(&calls))
				b.hooks.set(hook("crm"))
				b.hooks.set(hook("resting", func(w *schema.Webhook) { w.State = schema.Paused }))
				b.hooks.set(hook("down", func(w *schema.Webhook) {
					w.Success, w.Retry.Statuses = schema.Statuses{schema.StatusOf(299)}, []int{200}
					w.Retry.Delay = schema.Duration(time.Hour)
				}))
				s := step("s1", c.webhook)
				b.send(s)
				b.count(c.place(b.names), 1, 10*time.Second)
				b.count(b.names.Steps(), 0, 10*time.Second)
				if another {
					b.stopped()
				}
				before := b.nc.Stats().Reconnects
				srv.Close()
				start()
				for b.nc.Stats().Reconnects == before {
					time.Sleep(time.Millisecond)
				}
				if another {
					b.consumer = b.newConsumer(counting(&calls))
					b.start()
				}
				b.send(s)
				b.send(step("another", "crm"))
				b.count(b.names.Steps(), 0, 20*time.Second)
				time.Sleep(100 * time.Millisecond)
				if n := calls.Load(); n != c.calls+1 { // and one of the other step
					t.Errorf("%d calls, want %d", n, c.calls+1)
				}
				if c.webhook != "crm" {
					b.count(c.place(b.names), 1, time.Second)
				}
			})
		}
	}
}
