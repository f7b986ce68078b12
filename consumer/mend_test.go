package consumer_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/schema"
)

// A shared consumer that somebody deletes, or deletes and makes anew, loses nothing and doubles nothing: what was under
// way ends once, and what waits goes on.
func TestADeletedConsumerIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"it is deleted": false, "somebody makes it anew at once": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			release := make(chan struct{})
			const ackWait = 6 * time.Second
			b := setup(t, func(r *http.Request) (*http.Response, error) {
				calls.Add(1)
				<-release
				return ok(r)
			}, func(c *consumer.Consumer) { c.Heals, c.AckWait = true, ackWait })
			b.hooks.set(hook("crm"))
			other := b.newConsumer(counting(&calls))
			other.Heals, other.AckWait = true, ackWait
			const steps = 5
			for i := range steps {
				b.send(step(fmt.Sprint("s", i), "crm"))
			}
			for calls.Load() < steps {
				time.Sleep(time.Millisecond)
			}
			queue, err := b.js.Stream(t.Context(), b.names.Steps())
			if err != nil {
				t.Fatal(err)
			}
			old, err := queue.Consumer(t.Context(), schema.StepsConsumer)
			if err != nil {
				t.Fatal(err)
			}
			first := b.consumer
			b.consumer = other
			b.start() // another worker, which has nothing under way
			if err := queue.DeleteConsumer(t.Context(), schema.StepsConsumer); err != nil {
				t.Fatal(err)
			}
			if again {
				if _, err := queue.CreateConsumer(t.Context(), old.CachedInfo().Config); err != nil {
					t.Fatal(err)
				}
			}
			b.send(step("waits", "crm"))
			time.Sleep(time.Second)
			close(release)
			b.results(steps+1, 30*time.Second)
			b.count(b.names.Steps(), 0, 10*time.Second)
			if n := calls.Load(); n != steps+1 {
				t.Errorf("%d calls of %d steps", n, steps+1)
			}
			if err := first.Ready(); err != nil {
				t.Errorf("not ready: %v", err)
			}
			cons, err := b.js.Consumer(t.Context(), b.names.Steps(), schema.StepsConsumer)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := cons.CachedInfo().Config, old.CachedInfo().Config; got.AckWait != want.AckWait || got.MaxAckPending != want.MaxAckPending {
				t.Errorf("made anew as %+v", got)
			}
		})
	}
}

// Who may not make consumers says what is missing.
func TestAWorkerThatMayNotMakeConsumersSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	if err := b.js.DeleteConsumer(t.Context(), b.names.Retries(), schema.LaneConsumer(schema.Lanes[0])); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); b.consumer.Ready() == nil; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatal("it is ready without a lane's consumer")
		}
	}
	if _, err := b.js.Consumer(t.Context(), b.names.Retries(), schema.LaneConsumer(schema.Lanes[0])); err != jetstream.ErrConsumerNotFound { //nolint:errorlint // what the client returns
		t.Errorf("it was made anew: %v", err)
	}
}
