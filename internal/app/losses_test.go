package app_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/schema"
)

// reach publishes one step.
func (w *world) reach(id, webhook string) { w.t.Helper(); w.send(step(id, webhook)) }

// outcomes are the results so far, by step.
func (w *world) outcomes() map[string]string {
	w.t.Helper()
	stream, err := w.js.Stream(w.t.Context(), w.names.Results())
	if err != nil {
		return nil
	}
	all := map[string]string{}
	state := stream.CachedInfo().State
	for n := state.FirstSeq; n <= state.LastSeq && state.Msgs > 0; n++ {
		msg, err := stream.GetMsg(w.t.Context(), n)
		if err != nil {
			continue
		}
		var r schema.Result
		if err := json.Unmarshal(msg.Data, &r); err != nil {
			w.t.Fatal(err)
		}
		all[r.StepID] = string(r.Reason)
	}
	return all
}

// get is what a worker says of itself.
func (r *runningWorker) get(path string) string { return page(r.admin, path) }

func (w *world) put(id string) { w.t.Helper(); w.save(id, "POST", "/"+id) }

func TestALostBucketThrowsNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("a")
	w.put("b")
	worker := w.run()
	w.reach("before", "a")
	waitFor(t, 10*time.Second, "a result", func() bool { return w.outcomes()["before"] == "delivered" })
	if err := w.js.DeleteKeyValue(t.Context(), w.names.WebhooksBucket()); err != nil {
		t.Fatal(err)
	}
	w.reach("unknown", "c")
	waitFor(t, 10*time.Second, "not ready", func() bool { return strings.Contains(worker.get("/readyz"), "hookctl adopt") })
	w.reach("known", "a")

	cfg := w.config()
	if err := app.ProvisionBuckets(t.Context(), w.js, cfg.Stores); !errors.Is(err, app.ErrLost) {
		t.Errorf("a writing command: %v", err)
	}
	if err := app.Provision(t.Context(), w.js, cfg.Stores); !errors.Is(err, app.ErrLost) {
		t.Errorf("a worker's start: %v", err)
	}
	// An older hookctl makes it, empty.
	if _, err := w.js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: w.names.WebhooksBucket(), History: 64}); err != nil {
		t.Fatal(err)
	}
	second := w.runUnready()
	w.put("a")
	waitFor(t, 10*time.Second, "still not ready", func() bool {
		return strings.Contains(worker.get("/readyz"), "was made at") && strings.Contains(second.get("/readyz"), "hookctl adopt")
	})
	w.put("c")
	if got := w.outcomes(); len(got) != 1 {
		t.Errorf("results before the adoption: %v", got)
	}
	if err := app.Adopt(t.Context(), w.js, cfg.Stores, false); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 30*time.Second, "all results", func() bool { return len(w.outcomes()) == 3 })
	for step, reason := range w.outcomes() {
		if reason != "delivered" {
			t.Errorf("%s: %s", step, reason)
		}
	}
	w.reach("gone", "b")
	waitFor(t, 20*time.Second, "what was not written again", func() bool { return w.outcomes()["gone"] == "webhook_deleted" })
	waitFor(t, 10*time.Second, "ready", func() bool {
		return app.Probe(t.Context(), second.admin) == nil && app.Probe(t.Context(), worker.admin) == nil
	})
}

func TestAPurgedBucketThrowsNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("a")
	worker := w.run()
	stream, err := w.js.Stream(t.Context(), "KV_"+w.names.WebhooksBucket())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.reach("one", "other")
	waitFor(t, 10*time.Second, "not ready", func() bool { return strings.Contains(worker.get("/readyz"), "gone without") })
	if err := app.Adopt(t.Context(), w.js, w.config().Stores, true); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 20*time.Second, "the operator's word", func() bool { return w.outcomes()["one"] == "webhook_deleted" })
}

func TestADeletedStreamIsNotMadeEmpty(t *testing.T) {
	t.Parallel()
	for what, of := range map[string]func(*world) string{
		"STEPS":   func(w *world) string { return w.names.Steps() },
		"RETRIES": func(w *world) string { return w.names.Retries() },
		"BACKLOG": func(w *world) string { return w.names.Backlog() },
		"RESULTS": func(w *world) string { return w.names.Results() },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put("a")
			worker := w.run()
			w.reach("one", "a")
			waitFor(t, 10*time.Second, "a result", func() bool { return w.outcomes()["one"] == "delivered" })
			name := of(w)
			<-time.After(4 * time.Second) // the worker has seen what was there
			if err := w.js.DeleteStream(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			waitFor(t, 15*time.Second, "not ready", func() bool {
				said := worker.get("/readyz")
				return strings.Contains(said, name) && strings.Contains(said, "hookctl adopt")
			})
			if missing := `journeyhook_stream_missing{stream="` + name + `"} 1`; !strings.Contains(worker.get("/metrics"), missing) {
				t.Errorf("no metric says %s", missing)
			}
			second := w.runUnready()
			waitFor(t, 15*time.Second, "nor another", func() bool { return strings.Contains(second.get("/readyz"), name) })
			plan, err := app.PlanAdoption(t.Context(), w.js, w.config().Stores)
			if err != nil || !slices.Equal(plan.Missing, []string{name}) {
				t.Errorf("to adopt: %v, %v", plan, err)
			}
			if err := app.Adopt(t.Context(), w.js, w.config().Stores, false); err != nil {
				t.Fatal(err)
			}
			waitFor(t, 30*time.Second, "both ready", func() bool {
				return app.Probe(t.Context(), worker.admin) == nil && app.Probe(t.Context(), second.admin) == nil
			})
			w.reach("two", "a")
			waitFor(t, 30*time.Second, "work", func() bool { return w.outcomes()["two"] == "delivered" })
			<-time.After(4 * time.Second) // for another look
			if emptied := `journeyhook_stream_emptied_total{stream="` + name + `"} 0`; !strings.Contains(worker.get("/metrics"), emptied) {
				t.Error("what was adopted counts as emptied by somebody")
			}
		})
	}
}

func TestStreamsOfNewerVersionsAreMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reach("one", "a")
	for _, name := range []string{w.names.Attempts(), w.names.Audit(), w.names.Profiles()} {
		if err := w.js.DeleteStream(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	for _, bucket := range []string{w.names.TilesBucket(), w.names.TokensBucket(), w.names.AcknowledgedBucket()} {
		if err := w.js.DeleteKeyValue(t.Context(), bucket); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.Provision(t.Context(), w.js, w.config().Stores); err != nil {
		t.Error(err)
	}
}

func TestAPurgedStreamIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("a")
	worker := w.run()
	w.reach("one", "a")
	waitFor(t, 10*time.Second, "a result", func() bool { return len(w.outcomes()) == 1 })
	metric := `journeyhook_stream_emptied_total{stream="` + w.names.Results() + `"}`
	waitFor(t, 10*time.Second, "the metric", func() bool { return strings.Contains(worker.get("/metrics"), metric+" 0") })
	stream, err := w.js.Stream(t.Context(), w.names.Results())
	if err != nil {
		t.Fatal(err)
	}
	// The worker has to have seen what was there.
	<-time.After(4 * time.Second)
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 10*time.Second, "the purge was noticed", func() bool { return strings.Contains(worker.get("/metrics"), metric+" 1") })
	if !strings.Contains(worker.logs.String(), "the stream was purged") {
		t.Error("the log does not tell of it")
	}
	if err := app.Probe(t.Context(), worker.admin); err != nil {
		t.Error(err)
	}
}

// What is there stays as it is, whatever hookctl's settings are; what is missing is made with its consumers.
func TestAdoptChangesNothingThatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs := w.config().Stores
	theirs.DuplicateWindow = 10 * time.Minute
	if err := app.Provision(t.Context(), w.js, theirs); err != nil {
		t.Fatal(err)
	}
	w.reach("one", "a")
	if err := w.js.DeleteStream(t.Context(), w.names.Retries()); err != nil {
		t.Fatal(err)
	}
	if err := app.Adopt(t.Context(), w.js, w.config().Stores, false); err != nil {
		t.Fatal(err)
	}
	steps, err := w.js.Stream(t.Context(), w.names.Steps())
	if err != nil {
		t.Fatal(err)
	}
	if got := steps.CachedInfo().Config.Duplicates; got != theirs.DuplicateWindow {
		t.Errorf("a duplicate window of %s became one of %s", theirs.DuplicateWindow, got)
	}
	retries, err := w.js.Stream(t.Context(), w.names.Retries())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := retries.CachedInfo().State.Consumers, len(app.Consumers(theirs)[w.names.Retries()]); got != want {
		t.Errorf("%d consumers, want %d", got, want)
	}
}

// Without the stream of profile updates a profile tile's step waits, and the worker says so. The next worker makes what it needs.
func TestAStepWaitsForTheStreamOfProfiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save("profile", http.MethodGet, "/profile")
	worker := w.run()
	for _, name := range []string{w.names.Profiles(), w.names.Attempts(), "KV_" + w.names.TilesBucket()} {
		if err := w.js.DeleteStream(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	s := step("one", "profile")
	s.Tile.Type = schema.UserProfile
	w.send(s)
	waitFor(t, 40*time.Second, "not ready", func() bool {
		return strings.Contains(worker.get("/readyz"), "NATS has stored nothing in "+w.names.Profiles())
	})
	if got := w.outcomes(); len(got) > 0 {
		t.Errorf("results: %v", got)
	}
	w.run()
	waitFor(t, 20*time.Second, "a result", func() bool { return w.outcomes()["one"] == "delivered" })
	waitFor(t, 20*time.Second, "ready", func() bool { return app.Probe(t.Context(), worker.admin) == nil })
}
