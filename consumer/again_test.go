package consumer_test

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/internal/natstest"
	"github.com/journeyhook/journeyhook/schema"
)

// died leaves a step as a worker does that dies before its ack: delivered once, and what came of it stored.
func (b *bench) died(stream, durable, subject, id string) {
	b.t.Helper()
	cons, err := b.js.Consumer(b.t.Context(), stream, durable)
	if err != nil {
		b.t.Fatal(err)
	}
	msg, err := cons.Next()
	if err != nil {
		b.t.Fatal(err)
	}
	progress := schema.Progress{Attempt: 2, Move: 1}
	header := nats.Header{}
	progress.Write(header)
	header.Set(jetstream.MsgIDHeader, id)
	b.publish(subject, msg.Data(), header)
	if err := msg.Nak(); err != nil {
		b.t.Fatal(err)
	}
}

// What a dead worker stored speaks for it, also when the server has forgotten the ids.
func TestAStepThatHasGoneOnIsOnlyAcked(t *testing.T) {
	t.Parallel()
	names := schema.Names{}
	for name, subject := range map[string]string{
		"its result is stored":      names.ResultSubject("acme", 12345, schema.Continue),
		"it waits in a lane":        names.RetrySubject(schema.LaneFor(time.Hour), "acme", "crm"),
		"it waits in the backlog":   names.BacklogSubject("acme", "resting"),
		"nothing came of it so far": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			b := setup(t, counting(&calls))
			b.stopped()
			b.forget()
			s := step("s1", "crm")
			if subject == names.BacklogSubject("acme", "resting") {
				s.WebhookID = "resting"
			}
			b.hooks.set(hook("crm"))
			b.hooks.set(hook("resting", func(w *schema.Webhook) { w.State = schema.Paused }))
			b.send(s)
			id := schema.Progress{Attempt: 2, Move: 1}.MoveID(s.Key())
			switch subject {
			case "":
				subject, id = names.RetrySubject(schema.LaneFor(time.Hour), "acme", "crm"), "acme:another:2:1"
			case names.ResultSubject("acme", 12345, schema.Continue):
				id = s.Key()
			}
			b.died(b.names.Steps(), schema.StepsConsumer, subject, id)
			time.Sleep(300 * time.Millisecond) // longer than ids are known
			b.consumer = b.newConsumer(counting(&calls))
			b.start()
			b.count(b.names.Steps(), 0, 10*time.Second)
			want := int32(0)
			if id == "acme:another:2:1" {
				want = 1
			}
			if got := calls.Load(); got != want {
				t.Errorf("%d calls, want %d", got, want)
			}
		})
	}
}

// forget makes the server forget ids almost at once.
func (b *bench) forget() {
	b.t.Helper()
	for _, name := range []string{b.names.Steps(), b.names.Retries(), b.names.Backlog(), b.names.Results(), b.names.Profiles()} {
		s, err := b.js.Stream(b.t.Context(), name)
		if err != nil {
			b.t.Fatal(err)
		}
		cfg := s.CachedInfo().Config
		cfg.Duplicates = 100 * time.Millisecond
		if _, err := b.js.UpdateStream(b.t.Context(), cfg); err != nil {
			b.t.Fatal(err)
		}
	}
}

// A worker may die, or lose NATS for longer than the duplicate window, between a step's profile update and its result.
func TestAProfileIsUpdatedOnce(t *testing.T) {
	t.Parallel()
	for name, updates := range map[string]int{"s1": 1, "another": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, ok)
			b.stopped()
			b.forget()
			profile := func(r *http.Request) (*http.Response, error) { return answer(r, 200, `{"city":"Berlin"}`) }
			b.hooks.set(hook("profile", func(w *schema.Webhook) { w.Method = "GET" }))
			s := step("s1", "profile")
			s.Tile.Type = schema.UserProfile
			b.send(s)
			b.died(b.names.Steps(), schema.StepsConsumer, b.names.ProfileSubject("acme"), "acme:"+name)
			time.Sleep(300 * time.Millisecond) // longer than ids are known
			b.consumer = b.newConsumer(profile)
			b.start()
			if r := b.results(1, 10*time.Second)["s1"]; r.Outcome != schema.Continue {
				t.Errorf("%+v", r)
			}
			b.count(b.names.Profiles(), updates, time.Second)
		})
	}
}

// Looking for many steps among many others takes several pages.
func TestManyStepsHaveGoneOn(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	b := setup(t, ok)
	b.stopped()
	b.hooks.set(hook("crm"))
	const steps, others = 50, 1500
	for i := range steps {
		b.send(step("s"+string(rune('A'+i)), "crm"))
	}
	cons, err := b.js.Consumer(t.Context(), b.names.Steps(), schema.StepsConsumer)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := cons.Fetch(steps)
	if err != nil {
		t.Fatal(err)
	}
	for i := range others {
		b.publish(b.names.ResultSubject("acme", 12345, schema.Exit), make([]byte, 4096), nats.Header{"Nats-Msg-Id": {"acme:other" + time.Duration(i).String()}})
	}
	for msg := range batch.Messages() {
		var s schema.Step
		if err := json.Unmarshal(msg.Data(), &s); err != nil {
			t.Fatal(err)
		}
		b.publish(b.names.ResultSubject("acme", 12345, schema.Continue), []byte("{}"), nats.Header{"Nats-Msg-Id": {s.Key()}})
		if err := msg.Nak(); err != nil {
			t.Fatal(err)
		}
	}
	b.consumer = b.newConsumer(counting(&calls))
	b.start()
	b.count(b.names.Steps(), 0, 10*time.Second)
	if calls.Load() != 0 {
		t.Errorf("%d calls", calls.Load())
	}
}

// A server that was killed delivers what it forgot as if for the first time; here it is the step published anew. While
// the server lives, nobody asks.
func TestAStepOfATimeBeforeAServersStartIsAskedAbout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lose  func(b *bench, srv *devstack.NATS, start func() *devstack.NATS) error
		calls int32
	}{
		"the server began anew": {func(_ *bench, srv *devstack.NATS, start func() *devstack.NATS) error {
			srv.Close()
			start()
			return nil
		}, 1},
		"the connection was lost": {func(b *bench, _ *devstack.NATS, _ func() *devstack.NATS) error { return b.nc.ForceReconnect() }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := natstest.Restarts(t)
			srv := start()
			var calls atomic.Int32
			b := setupOn(t, natstest.Connect(t, srv.URL(), jetstream.WithDefaultTimeout(busy*5*time.Second)), counting(&calls))
			b.hooks.set(hook("crm"))
			s := step("s1", "crm")
			b.send(s)
			b.results(1, 10*time.Second)
			if err := c.lose(b, srv, start); err != nil {
				t.Fatal(err)
			}
			for b.nc.Stats().Reconnects == 0 {
				time.Sleep(time.Millisecond)
			}
			b.publish(b.names.StepSubject("acme", "crm"), encode(t, s), nats.Header{jetstream.MsgIDHeader: {"forgotten"}})
			b.count(b.names.Steps(), 0, 10*time.Second)
			if n := calls.Load(); n != c.calls {
				t.Errorf("%d calls, want %d", n, c.calls)
			}
		})
	}
}
