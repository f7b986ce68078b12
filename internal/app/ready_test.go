package app_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
)

func status(t *testing.T, addr, path string) int {
	t.Helper()
	resp, err := http.Get("http://" + addr + path)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestAWorkerIsReadyWhenItsPartsAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.run()
	text := get(t, r.admin, "/readyz")
	for _, line := range []string{"nats: ok", "webhooks: ok", "consumers: ok"} {
		if !strings.Contains(text, line) {
			t.Errorf("/readyz lacks %q:\n%s", line, text)
		}
	}
	w.save("crm", "POST", "/hooks")
	w.send(step("1", "crm"))
	w.results(1, 10*time.Second)
	metrics := get(t, r.admin, "/metrics")
	for _, line := range []string{
		`journeyhook_attempts_total{next="continue",reason="delivered"} 1`, `journeyhook_results_total{outcome="continue",reason="delivered"} 1`,
		"journeyhook_calls_in_flight 0", "journeyhook_call_seconds_count 1", "go_goroutines",
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	w.nats.Close()
	waitFor(t, 10*time.Second, "unready without NATS", func() bool { return status(t, r.admin, "/readyz") == http.StatusServiceUnavailable })
	if got := status(t, r.admin, "/healthz"); got != http.StatusOK {
		t.Errorf("/healthz is %d: a worker without NATS waits, it is not to be restarted", got)
	}
}

func TestAWorkerWaitsForNATSAndRidesOutARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.nc.Close()
	w.nats.Close()
	port, dir := freePort(t), t.TempDir()
	r := w.runUnready(func(c *app.Config) { c.NATSURL = fmt.Sprintf("nats://127.0.0.1:%d", port) })
	waitFor(t, 5*time.Second, "an admin port", func() bool { return status(t, r.admin, "/healthz") == http.StatusOK })
	if status(t, r.admin, "/readyz") != http.StatusServiceUnavailable {
		t.Error("ready without NATS")
	}
	server, err := devstack.StartNATS(dir, port)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, 15*time.Second, "ready", func() bool { return status(t, r.admin, "/readyz") == http.StatusOK })
	w.reconnect(server)
	w.save("crm", "POST", "/hooks")
	w.send(step("1", "crm"))
	w.results(1, 10*time.Second)
	w.nc.Close()
	server.Close()
	if server, err = devstack.StartNATS(dir, port); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	w.reconnect(server)
	w.send(step("2", "crm"))
	w.results(2, 30*time.Second)
	r.stop()
}

// C43: a deployment mistake makes nobody exit.
func TestWithTheWrongKeysNobodyExits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save("orders", "POST", "/secured/orders", w.oauth)
	w.save("open", "POST", "/hooks")
	wrong := w.runUnready(func(c *app.Config) { c.SecretKeys = []string{schema.NewKey()} })
	w.send(step("1", "orders"), step("2", "open"))
	waitFor(t, 10*time.Second, "the open webhook's result", func() bool { return w.messages(w.names.Results()) == 1 })
	if text := get(t, wrong.admin, "/readyz"); !strings.Contains(text, "acme.orders") || !strings.Contains(text, "JOURNEYHOOK_SECRET_KEYS") {
		t.Errorf("/readyz does not say what is wrong:\n%s", text)
	}
	wrong.stop()
	w.run()
	if r := w.results(2, 20*time.Second)["1"]; r.Outcome != schema.Continue || r.Attempts != 1 {
		t.Errorf("%+v", r)
	}
}

// B63: an edit reaches a worker within a bounded time.
func TestAnEditReachesEveryWorker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save("crm", "POST", "/first")
	for range 3 {
		w.run()
	}
	for i := range 10 {
		path := fmt.Sprintf("/edit-%d", i)
		w.save("crm", "POST", path)
		time.Sleep(200 * time.Millisecond)
		before := w.endpoint.Count()
		var all []schema.Step
		for j := range 30 {
			all = append(all, step(fmt.Sprintf("%d-%d", i, j), "crm"))
		}
		w.send(all...)
		w.results(30*(i+1), 10*time.Second)
		for _, c := range w.endpoint.Calls()[before:] {
			if c.URI != path {
				t.Errorf("200 ms after the edit to %s a worker called %s", path, c.URI)
			}
		}
	}
}

// A server without room says so, and so do the log and /readyz: it did answer.
func TestAWorkerSaysWhatNATSRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	full, err := devstack.StartNATS(t.TempDir(), freePort(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(full.Close)
	if err := full.LimitStore(1 << 20); err != nil {
		t.Fatal(err)
	}
	r := w.runUnready(func(c *app.Config) { c.NATSURL = full.URL() })
	waitFor(t, 20*time.Second, "a reason", func() bool { return strings.Contains(get(t, r.admin, "/readyz"), "insufficient storage") })
	waitFor(t, 5*time.Second, "a line", func() bool { return strings.Contains(r.logs.String(), "insufficient storage") })
	if log := r.logs.String(); strings.Contains(log, "in time") || !strings.Contains(log, "NATS refuses this for now; trying again") {
		t.Errorf("the log says:\n%s", log)
	}
	if err := full.LimitStore(-1); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 20*time.Second, "ready", func() bool { return status(t, r.admin, "/readyz") == http.StatusOK })
}

// What a server said is told from no server.
func TestAServerThatAnsweredIsNoMissingServer(t *testing.T) {
	t.Parallel()
	full, err := devstack.StartNATSWith(t.TempDir(), &server.Options{Port: freePort(t), MaxConn: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(full.Close)
	nc, err := nats.Connect(full.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for url, none := range map[string]bool{full.URL(): false, "nats://127.0.0.1:1": true} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, err := app.ConnectNATS(ctx, app.Stores{NATSURL: url}, "test", zerolog.Nop())
		cancel()
		if err == nil || app.NoServer(err) != none {
			t.Errorf("%s: %v", url, err)
		}
	}
}
