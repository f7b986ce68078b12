package consumer_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/internal/natstest"
)

// Servers that share a consumer may say that a pull is complete before its last messages come. None is left for AckWait then.
func TestSharedConsumersLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	js := natstest.Connect(t, natstest.Cluster(t)[0].URL(), jetstream.WithDefaultTimeout(busy*5*time.Second))
	if err := child.Until(t.Context(), 2*time.Minute, "streams", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		return app.Provision(ctx, js, app.Stores{Prefix: "journeyhook", Replicas: 3, DuplicateWindow: 5 * time.Minute}) == nil
	}); err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int32
	b := setupAt(t, js, counting(&calls), func(c *consumer.Consumer) { c.MaxInFlight = 4 })
	b.hooks.set(hook("crm"))
	const steps = 200
	for i := range steps {
		b.send(step(fmt.Sprint("s", i), "crm"))
	}
	b.results(steps, 6*time.Second)
	if n := calls.Load(); n != steps {
		t.Errorf("%d calls of %d steps", n, steps)
	}
}
