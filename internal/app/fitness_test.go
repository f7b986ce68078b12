package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
)

func withoutProvisioning(c *app.Config) { c.Provision = false }

func (w *world) editConsumer(stream, durable string, edit func(*jetstream.ConsumerConfig)) {
	w.t.Helper()
	cons, err := w.js.Consumer(w.t.Context(), stream, durable)
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := cons.CachedInfo().Config
	edit(&cfg)
	if _, err := w.js.UpdateConsumer(w.t.Context(), stream, cfg); err != nil {
		w.t.Fatal(err)
	}
}

// refuses runs a worker that must not start, and returns why it did not.
func (w *world) refuses(edit ...func(*app.Config)) string {
	w.t.Helper()
	cfg := w.config()
	for _, e := range edit {
		e(&cfg)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	err := (&app.Worker{Config: cfg, Log: zerolog.Nop()}).Run(ctx)
	if err == nil {
		w.t.Error("the worker started")
		return ""
	}
	return err.Error()
}

// A worker that makes nothing looks at what others made.
func TestWithoutProvisioningSettingsAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(withoutProvisioning).stop()

	lane := schema.LaneConsumer(schema.Lanes[0])
	w.editConsumer(w.names.Steps(), schema.StepsConsumer, func(c *jetstream.ConsumerConfig) { c.MaxAckPending = 500 })
	worker := w.run(withoutProvisioning)
	worker.stop()
	if said := worker.logs.String(); !strings.Contains(said, `"setting":"max_ack_pending","is":"500","must":"-1"`) {
		t.Errorf("what only costs is not told:\n%s", said)
	}

	w.editConsumer(w.names.Steps(), schema.StepsConsumer, func(c *jetstream.ConsumerConfig) { c.MaxDeliver = 3 })
	w.editConsumer(w.names.Retries(), lane, func(c *jetstream.ConsumerConfig) { c.AckWait = 5 * time.Second })
	w.edit(w.names.Results(), func(c *jetstream.StreamConfig) { c.Duplicates = time.Second })
	said := w.refuses(withoutProvisioning)
	for _, want := range []string{
		"consumer workers of JOURNEYHOOK_STEPS: max_deliver is 3 and must be -1", "nats consumer edit JOURNEYHOOK_STEPS workers --max-deliver -1",
		"consumer lane-1s of JOURNEYHOOK_RETRIES: ack_wait is 5s and must be 30s", "stream JOURNEYHOOK_RESULTS: duplicate_window is 1s and must be at least 1m0s",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not part of:\n%s", want, said)
		}
	}

	provisioned := w.run()
	provisioned.stop()
	if said := provisioned.logs.String(); strings.Contains(said, `"setting"`) {
		t.Errorf("provisioning has left something:\n%s", said)
	}
	w.run(withoutProvisioning).stop()
}

// A worker that may not change a consumer says what differs, and goes on where that only costs.
func TestConsumersThatMayNotBeChanged(t *testing.T) {
	t.Parallel()
	srv, err := devstack.StartNATSWith(t.TempDir(), &server.Options{Port: -1, Users: []*server.User{
		{Username: "all", Password: "pw"},
		{Username: "bound", Password: "pw", Permissions: &server.Permissions{Publish: &server.SubjectPermission{
			Allow: []string{">"}, Deny: []string{"$JS.API.CONSUMER.CREATE.JOURNEYHOOK_STEPS.>"},
		}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	w := elsewhere(t, srv, "all:pw@", app.Stores{})
	if err := app.Provision(t.Context(), w.js, w.config().Stores); err != nil {
		t.Fatal(err)
	}
	bound := func(c *app.Config) { c.NATSURL = strings.Replace(srv.URL(), "://", "://bound:pw@", 1) }
	w.editConsumer(w.names.Steps(), schema.StepsConsumer, func(c *jetstream.ConsumerConfig) { c.MaxAckPending = 500 })
	worker := w.run(bound)
	worker.stop()
	if said := worker.logs.String(); !strings.Contains(said, `"setting":"max_ack_pending"`) {
		t.Errorf("what only costs is not told:\n%s", said)
	}
	w.editConsumer(w.names.Steps(), schema.StepsConsumer, func(c *jetstream.ConsumerConfig) { c.MaxDeliver = 3 })
	worker = w.runUnready(bound)
	waitFor(t, 15*time.Second, "what differs", func() bool { return strings.Contains(worker.logs.String(), "max_deliver is 3 and must be -1") })
	worker.stop()
}
