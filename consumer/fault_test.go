package consumer_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/schema"
)

// A step on which an attempt panics ends like one whose calls fail. It does not end the worker, nor the next one that gets it.
func TestAFaultOfOurOwnIsAnAttemptThatFailed(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	var log bytes.Buffer
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "odd") {
			calls.Add(1)
			panic("index out of range in pat@example.com")
		}
		return ok(r)
	}, func(c *consumer.Consumer) { c.Log = zerolog.New(zerolog.SyncWriter(&log)) })
	b.hooks.set(hook("odd", func(w *schema.Webhook) {
		w.Endpoint, w.Retry.Max = "https://api.example.com/odd", 0
	}))
	b.hooks.set(hook("crm"))
	b.send(step("s1", "odd"), step("s2", "crm"))
	all := b.results(2, 10*time.Second)
	if r := all["s1"]; r.Outcome != schema.Exit || r.Reason != schema.ReasonRetriesExhausted || r.Attempts != 1 || calls.Load() != 1 {
		t.Errorf("after %d calls: %+v", calls.Load(), r)
	}
	if r := all["s2"]; r.Outcome != schema.Continue {
		t.Errorf("the other one: %+v", r)
	}
	b.count(b.names.Steps(), 0, 5*time.Second)
	b.stopped()
	if text := log.String(); !strings.Contains(text, "please report it") || !strings.Contains(text, "fault_test.go") || strings.Contains(text, "pat@") {
		t.Errorf("the log says\n%s", text)
	}
}
