package app_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
)

// emptyNATS is a server on which nothing was made yet.
func emptyNATS(t *testing.T) *world {
	t.Helper()
	srv, err := devstack.StartNATS(t.TempDir(), -1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	w := &world{t: t, key: schema.NewKey(), redisURL: "redis://127.0.0.1:1/0"} // nobody asks it
	w.reconnect(srv)
	return w
}

// requests counts what a client asks JetStream to make or change.
func (w *world) requests() func() []string {
	w.t.Helper()
	sub, err := w.nc.SubscribeSync("$JS.API.>")
	if err != nil {
		w.t.Fatal(err)
	}
	return func() []string {
		if err := w.nc.Flush(); err != nil {
			w.t.Fatal(err)
		}
		var all []string
		for {
			msg, err := sub.NextMsg(50 * time.Millisecond)
			if err != nil {
				return all
			}
			if strings.Contains(msg.Subject, ".CREATE.") || strings.Contains(msg.Subject, ".UPDATE.") {
				all = append(all, msg.Subject)
			}
		}
	}
}

// configs are all streams, buckets among them.
func (w *world) configs() map[string]jetstream.StreamConfig {
	w.t.Helper()
	out := map[string]jetstream.StreamConfig{}
	list := w.js.ListStreams(w.t.Context())
	for info := range list.Info() {
		out[info.Config.Name] = info.Config
	}
	if err := list.Err(); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) edit(stream string, edit func(*jetstream.StreamConfig)) {
	w.t.Helper()
	cfg := w.configs()[stream]
	edit(&cfg)
	if _, err := w.js.UpdateStream(w.t.Context(), cfg); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) operations(edit func(*app.Config)) {
	w.t.Helper()
	cfg := w.config()
	edit(&cfg)
	if cfg.Provision {
		if err := app.ProvisionBuckets(w.t.Context(), w.js, cfg.Stores); err != nil {
			w.t.Fatal(err)
		}
	}
	_, closed, err := cfg.Operations(w.t.Context(), w.js, zerolog.Nop())
	if err != nil {
		w.t.Fatal(err)
	}
	closed()
}

func TestWhereNothingDiffersNothingIsChanged(t *testing.T) {
	t.Parallel()
	w := emptyNATS(t)
	requests := w.requests()
	if err := app.Provision(t.Context(), w.js, w.config().Stores); err != nil {
		t.Fatal(err)
	}
	if n := len(requests()); n < 20 {
		t.Fatalf("%d requests made everything", n)
	}
	if err := app.Provision(t.Context(), w.js, w.config().Stores); err != nil {
		t.Fatal(err)
	}
	w.operations(func(*app.Config) {})
	if all := requests(); len(all) > 0 {
		t.Errorf("nothing was to be changed: %v", all)
	}
}

func TestWhatAnOperatorChangedStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit(w.names.Results(), func(c *jetstream.StreamConfig) {
		c.MaxAge, c.MaxBytes, c.Compression, c.Description = 36*time.Hour, 1<<30, jetstream.S2Compression, "ours"
	})
	w.edit(w.names.Attempts(), func(c *jetstream.StreamConfig) { c.MaxBytes, c.Duplicates, c.AllowDirect = 1<<20, 2*time.Minute, false })
	w.edit(w.names.Audit(), func(c *jetstream.StreamConfig) { c.MaxAge, c.Duplicates = 1000*time.Hour, 2*time.Minute })
	w.edit("KV_"+w.names.WebhooksBucket(), func(c *jetstream.StreamConfig) {
		c.MaxMsgsPerSubject, c.MaxMsgSize, c.Compression = 10, 1<<20, jetstream.S2Compression
	})
	before := w.configs()
	w.operations(func(c *app.Config) { c.DuplicateWindow = 3 * time.Minute })
	for name, have := range w.configs() {
		if was := before[name]; fmt.Sprintf("%+v", have) != fmt.Sprintf("%+v", was) {
			t.Errorf("hookctl changed %s:\nfrom %+v\nto   %+v", name, was, have)
		}
	}
	w.run()
	after := w.configs()
	if c := after[w.names.Results()]; c.MaxAge != 36*time.Hour || c.MaxBytes != 1<<30 || c.Compression != jetstream.S2Compression || c.Description != "ours" {
		t.Errorf("a worker's start took back what was changed: %+v", c)
	}
	if c := after[w.names.Attempts()]; c.MaxBytes != 1<<20 || c.Duplicates != 5*time.Minute || !c.AllowDirect {
		t.Errorf("a worker's start must see to what it depends on, and to nothing else: %+v", c)
	}
	if c := after["KV_"+w.names.WebhooksBucket()]; c.MaxMsgsPerSubject != 64 || c.MaxMsgSize != 1<<20 || c.Compression != jetstream.S2Compression {
		t.Errorf("a bucket's room must be raised, and nothing else: %+v", c)
	}
}

func TestAConsumerIsMendedNotReset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for stream, all := range app.Consumers(w.config().Stores) {
		for _, c := range all {
			c.Description, c.MaxDeliver = "theirs", 3
			if _, err := w.js.UpdateConsumer(t.Context(), stream, c); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := app.Provision(t.Context(), w.js, w.config().Stores); err != nil {
		t.Fatal(err)
	}
	for stream, all := range app.Consumers(w.config().Stores) {
		for _, c := range all {
			there, err := w.js.Consumer(t.Context(), stream, c.Durable)
			if err != nil {
				t.Fatal(err)
			}
			if have := there.CachedInfo().Config; have.Description != "theirs" || have.MaxDeliver != -1 {
				t.Errorf("%s of %s: %+v", c.Durable, stream, have)
			}
		}
	}
}

// Workers of several versions, and hookctl, may start at once: each makes what it finds missing, the slower
// ones find it there.
func TestManyProvisionAtOnce(t *testing.T) {
	t.Parallel()
	w := emptyNATS(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s := w.config().Stores
			s.DuplicateWindow += time.Duration(i) * time.Minute
			if err := app.Provision(t.Context(), w.js, s); err != nil {
				t.Error(err)
			}
			if err := app.ProvisionBuckets(t.Context(), w.js, s); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// tooLate does not see a stream until it was asked for twice, as one that another program is just making.
type tooLate struct {
	jetstream.JetStream
	asked map[string]bool
}

func (l tooLate) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	if !l.asked[name] {
		l.asked[name] = true
		return nil, jetstream.ErrStreamNotFound
	}
	return l.JetStream.Stream(ctx, name)
}

func TestWhoIsTooLateToCreateFindsItThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.config().Stores
	other.DuplicateWindow = 7 * time.Minute
	w.edit("KV_"+w.names.WebhooksBucket(), func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 2 })
	if err := app.ProvisionBuckets(t.Context(), tooLate{w.js, map[string]bool{}}, other); err != nil {
		t.Error(err)
	}
	if c := w.configs(); c[w.names.Audit()].Duplicates != 5*time.Minute || c["KV_"+w.names.WebhooksBucket()].MaxMsgsPerSubject != 2 {
		t.Error("hookctl was too late to create, and changed what is there")
	}
	if err := app.Provision(t.Context(), tooLate{w.js, map[string]bool{}}, other); err != nil {
		t.Error(err)
	}
	if c := w.configs(); c[w.names.Steps()].Duplicates != 7*time.Minute || c["KV_"+w.names.WebhooksBucket()].MaxMsgsPerSubject != 64 {
		t.Error("a worker was too late to create, and did not see to what is there")
	}
}

func TestAStreamOfAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*jetstream.StreamConfig){
		"in memory": func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"no queue":  func(c *jetstream.StreamConfig) { c.Retention = jetstream.LimitsPolicy },
		"a queue": func(c *jetstream.StreamConfig) {
			c.Name, c.Subjects = "JOURNEYHOOK_RESULTS", []string{"journeyhook.results.>"}
		},
		"a bucket in memory": func(c *jetstream.StreamConfig) {
			c.Name, c.Subjects, c.Storage = "KV_journeyhook_tokens", []string{"$KV.journeyhook_tokens.>"}, jetstream.MemoryStorage
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := emptyNATS(t)
			s := w.config().Stores
			cfg := app.Streams(s)[0]
			edit(&cfg)
			if _, err := w.js.CreateStream(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			err := app.Provision(t.Context(), w.js, s)
			if err == nil || !strings.Contains(err.Error(), "can not change") || !strings.Contains(err.Error(), "JOURNEYHOOK_PREFIX") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestLimitsThatLoseStepsAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit(w.names.Steps(), func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour })
	w.edit(w.names.Retries(), func(c *jetstream.StreamConfig) { c.MaxBytes, c.Discard = 1<<30, jetstream.DiscardNew })
	if log := w.run().logs.String(); strings.Count(log, "limits remove steps") != 1 || !strings.Contains(log, w.names.Steps()) {
		t.Errorf("the log says:\n%s", log)
	}
}

// A stream that keeps its messages for a shorter time than they are remembered is not a setting NATS knows.
func TestAWindowLongerThanAStreamsAgeIsExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit(w.names.Attempts(), func(c *jetstream.StreamConfig) { c.MaxAge = 10 * time.Minute })
	s := w.config().Stores
	s.DuplicateWindow = time.Hour
	err := app.Provision(t.Context(), w.js, s)
	if err == nil || !strings.Contains(err.Error(), w.names.Attempts()) || !strings.Contains(err.Error(), "JOURNEYHOOK_DUPLICATE_WINDOW") {
		t.Errorf("%v", err)
	}
}
