package consumer_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/internal/natstest"
)

// Servers that share a consumer may say that a pull is complete before its last messages come. None is left for AckWait then.
func TestSharedConsumersLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	js := shared(t, natstest.Cluster(t)[0], 3)
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
