package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/schema"
)

// What docs/operating.md says of a full disk: what was confirmed ends once, and the worker says what is wrong.
func TestAFullDiskLosesNothingThatWasConfirmed(t *testing.T) {
	t.Parallel()
	disk := newSmallDisk(t, 32)
	srv := newNATSProcess(t, disk.dir)
	w := newWorldOn(t, srv)
	w.save("quick", "POST", "/hooks")
	w.save("slow", "POST", "/slow/1500")
	w.save("flaky", "POST", "/fail/2/x", oneSecond)
	worker := w.startReady()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the worker:\n%s\nNATS:\n%s", worker.output, &srv.log)
		}
	})
	from := engineOf(w)
	waitFor(t, 20*time.Second, "results", func() bool { return w.messages(w.names.Results()) > 50 })

	giveBack := disk.fill()
	waitFor(t, 20*time.Second, "nothing is stored", func() bool { return from.refused() > 0 })
	full := from.confirmed()
	for _, stream := range []string{w.names.Results(), w.names.Retries(), w.names.Attempts()} {
		waitFor(t, 60*time.Second, "the worker tells of "+stream, func() bool {
			return worker.metric(`journeyhook_stream_stuck{stream="`+stream+`"}`) == 1
		})
	}
	readyz := worker.get("/readyz")
	for _, want := range []string{"consumers: NATS has stored nothing in " + w.names.Results(), "must be started anew"} {
		if !strings.Contains(readyz, want) {
			t.Errorf("/readyz does not say %q:\n%s", want, readyz)
		}
	}
	if worker.metric("journeyhook_publish_failures_total") == 0 {
		t.Error("no failure was counted")
	}
	if lines := strings.Count(worker.output.String(), "\n"); lines == 0 || lines > 10 {
		t.Errorf("the worker said %d lines", lines)
	}
	if !strings.Contains(srv.log.String(), "no space left on device") {
		t.Error("NATS does not say that its disk is full")
	}

	giveBack()
	time.Sleep(5 * time.Second)
	if from.confirmed() > full {
		t.Error("NATS stores again by itself; operating.md says that it has to be restarted")
	}
	srv.restart()
	waitFor(t, 20*time.Second, "steps are stored", func() bool { return from.confirmed() > full+50 })
	stored := from.stop()
	waitFor(t, 90*time.Second, "all results", func() bool {
		time.Sleep(time.Second)
		ended := w.outcomes()
		for id := range stored {
			if ended[id] == "" {
				return false
			}
		}
		return true
	})
	waitFor(t, 30*time.Second, "the worker is well", func() bool {
		return app.Probe(t.Context(), worker.admin) == nil && worker.metric(`journeyhook_stream_stuck{stream="`+w.names.Attempts()+`"}`) == 0
	})
	w.endedOnce(stored, worker)
}

// endedOnce holds each step that was confirmed against its result and its calls.
func (w *world) endedOnce(stored map[string]bool, worker *process) {
	w.t.Helper()
	results := w.ended()
	calls := map[string]int{}
	for _, call := range w.endpoint.Calls() {
		calls[call.Step()]++
	}
	repeated := 0
	for id := range stored {
		attempts := 1
		if strings.HasPrefix(id, "flaky") {
			attempts = 3
		}
		if r := results[id]; r.Outcome != schema.Continue || r.Attempts != attempts {
			w.t.Errorf("step %s: %s after %d attempts", id, r.Outcome, r.Attempts)
		}
		repeated += calls[id] - attempts
	}
	if lost := worker.metric("journeyhook_holds_lost_total"); float64(repeated) > lost {
		w.t.Errorf("%d calls repeated, and %v holds were lost", repeated, lost)
	}
}

// engine publishes steps and keeps which of them NATS confirmed.
type engine struct {
	mu     sync.Mutex
	stored map[string]bool
	lost   int
	stop   func() map[string]bool
}

func engineOf(w *world) *engine {
	e := &engine{stored: map[string]bool{}}
	ctx, cancel := context.WithCancel(w.t.Context())
	var publishing sync.WaitGroup
	publishing.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			hook := []string{"quick", "slow", "flaky"}[i%3]
			publishing.Go(func() { e.publish(w, step(fmt.Sprintf("%s-%d", hook, i), hook)) })
			time.Sleep(10 * time.Millisecond)
		}
	})
	e.stop = func() map[string]bool {
		cancel()
		publishing.Wait()
		return e.stored
	}
	w.t.Cleanup(func() { e.stop() })
	return e
}

func (e *engine) publish(w *world, s schema.Step) {
	data, err := json.Marshal(s)
	if err != nil {
		w.t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err = w.js.Publish(ctx, w.names.StepSubject(s.ProjectID, s.WebhookID), data, jetstream.WithMsgID(s.Key()))
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		e.lost++
		return
	}
	e.stored[s.ID] = true
}

func (e *engine) confirmed() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.stored)
}

func (e *engine) refused() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.lost
}

// get is what the worker's page says.
func (p *process) get(path string) string { return page(p.admin, path) }

// metric is one series of the worker's, -1 where it is not there.
func (p *process) metric(series string) float64 {
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(p.get("/metrics"))
	if found == nil {
		return -1
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		return -1
	}
	return value
}
