package consumer_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/natstest"
	"github.com/journeyhook/journeyhook/schema"
)

// A server allows 1,000 consumers per stream by itself. More webhooks than that have a backlog, and all are drained.
func TestMoreWebhooksHaveABacklogThanAStreamHasConsumers(t *testing.T) {
	t.Parallel()
	webhooks := 1100
	if n, err := strconv.Atoi(os.Getenv("BACKLOGS")); err == nil {
		webhooks = n
	}
	b := setupOn(t, natstest.Start(t, jetstream.WithDefaultTimeout(busy*5*time.Second)), ok)
	for i := range webhooks {
		b.hooks.set(hook(fmt.Sprintf("w%d", i), func(w *schema.Webhook) { w.State = schema.Paused }))
	}
	for i := range webhooks {
		s := step(fmt.Sprintf("s%d", i), fmt.Sprintf("w%d", i))
		if _, err := b.js.PublishAsync(b.names.StepSubject("acme", s.WebhookID), encode(t, s), jetstream.WithMsgID(s.Key())); err != nil {
			t.Fatal(err)
		}
	}
	b.count(b.names.Backlog(), webhooks, 30*time.Second)
	for i := range webhooks {
		b.hooks.set(hook(fmt.Sprintf("w%d", i)))
	}
	began := time.Now()
	most := 0
	for done := false; !done; time.Sleep(20 * time.Millisecond) {
		stream, err := b.js.Stream(t.Context(), b.names.Backlog())
		if err != nil {
			t.Fatal(err)
		}
		state := stream.CachedInfo().State
		most = max(most, state.Consumers)
		if done = state.Msgs == 0; !done && time.Since(began) > 5*time.Minute {
			t.Fatalf("%d steps still wait, with %d consumers", state.Msgs, state.Consumers)
		}
	}
	t.Logf("%d webhooks took %s, with up to %d consumers", webhooks, time.Since(began).Round(time.Millisecond), most)
	if most > 200 {
		t.Errorf("%d consumers at once", most)
	}
	b.count(b.names.Results(), webhooks, 10*time.Second)
	for deadline := time.Now().Add(busy * 20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		stream, err := b.js.Stream(t.Context(), b.names.Backlog())
		if err != nil {
			t.Fatal(err)
		}
		if n := stream.CachedInfo().State.Consumers; n == 0 {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("%d consumers of empty backlogs are left", n)
		}
	}
}
