package consumer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

// Of a stream that was deleted the log tells at once, and not again within a minute, however many lanes it had.
func TestADeletedStreamDoesNotFloodTheLog(t *testing.T) {
	t.Parallel()
	var log devstack.Log
	b := setup(t, ok, func(c *consumer.Consumer) {
		c.Log, c.Heals, c.AckWait = zerolog.New(&log).Level(zerolog.InfoLevel), true, 3*time.Second
	})
	for _, name := range []string{b.names.Steps(), b.names.Retries()} {
		if err := b.js.DeleteStream(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(12 * time.Second) // four times as long as it takes until servers are told again of a consumer
	b.stopped()
	for _, name := range []string{b.names.Steps(), b.names.Retries()} {
		pulls := 0
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, "pull failed") && strings.Contains(line, `"stream":"`+name+`"`) && strings.Contains(line, `"times":1`) {
				pulls++
			}
		}
		if pulls != 1 {
			t.Errorf("%d lines tell that pulls from %s fail", pulls, name)
		}
	}
	if lines := strings.Count(log.String(), "\n"); lines > 8 {
		t.Errorf("%d lines:\n%s", lines, log.String())
	}
	if strings.Contains(log.String(), "told of it again") {
		t.Error("nobody can be told of a consumer without a stream")
	}
}
