package consumer_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/consumer"
)

// NATS that is full answers, and what it says is in the log. The result is stored when there is room again.
func TestWhatNATSRefusesIsRepeatedAndSaid(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setup(t, ok, func(c *consumer.Consumer) { c.Log = zerolog.New(zerolog.SyncWriter(&log)) })
	b.hooks.set(hook("crm"))
	stream, err := b.js.Stream(t.Context(), b.names.Results())
	if err != nil {
		t.Fatal(err)
	}
	full := stream.CachedInfo().Config
	full.Discard, full.MaxMsgs = jetstream.DiscardNew, 1
	if stream, err = b.js.UpdateStream(t.Context(), full); err != nil {
		t.Fatal(err)
	}
	b.publish("journeyhook.results.acme.1.exit", []byte(`{"projectId":"acme","stepId":"filler","workflowId":1,"outcome":"exit"}`), nil)
	b.send(step("s1", "crm"))
	b.count(b.names.Attempts(), 1, 10*time.Second)
	time.AfterFunc(time.Second, func() {
		if err := stream.Purge(t.Context()); err != nil {
			t.Error(err)
		}
	})
	b.count(b.names.Steps(), 0, 20*time.Second)
	if got := b.all(b.names.Results()); len(got) != 1 || got[0].Header.Get("Nats-Msg-Id") != "acme:s1" {
		t.Errorf("results: %v", got)
	}
	b.stopped()
	if text := log.String(); !strings.Contains(text, "NATS refuses to store it; trying again") || !strings.Contains(text, "maximum messages exceeded") || strings.Contains(text, "not confirmed") {
		t.Errorf("the log says\n%s", text)
	}
}
