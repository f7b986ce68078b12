package consumer_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/consumer"
)

// A pull that brings all it asked for is no failure, though the client calls it one where bytes are bounded, too: each would
// cost half a second.
func TestAWholeBatchIsNoFailure(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setup(t, ok, func(c *consumer.Consumer) { c.Log, c.MaxInFlight = zerolog.New(zerolog.SyncWriter(&log)), 4 })
	b.hooks.set(hook("crm"))
	began := time.Now()
	const steps = 100
	for i := range steps {
		b.send(step(fmt.Sprint("s", i), "crm"))
	}
	b.results(steps, 5*time.Second)
	b.stopped()
	if took := time.Since(began); bytes.Contains(log.Bytes(), []byte("pull failed")) {
		t.Errorf("%d steps took %s:\n%s", steps, took, log.String())
	}
}
