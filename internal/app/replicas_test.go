package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/natstest"
	"github.com/journeyhook/journeyhook/schema"
)

// cluster is three servers, which share what they store.
func cluster(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, key: schema.NewKey(), redisURL: startRedis(t), nats: natstest.Cluster(t)[0]}
	w.js = natstest.Connect(t, w.nats.URL())
	w.nc = w.js.Conn()
	waitFor(t, 20*time.Second, "a cluster", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := w.js.AccountInfo(ctx)
		return err == nil
	})
	return w
}

func TestReplicasAreRaisedAndNeverLowered(t *testing.T) {
	t.Parallel()
	w := cluster(t)
	replicas := func(when string, want int) {
		t.Helper()
		for name, c := range w.configs() {
			if c.Replicas != want {
				t.Errorf("%s: %s has %d replicas, want %d", when, name, c.Replicas, want)
			}
		}
	}
	w.operations(func(c *app.Config) { c.Replicas = 1 })
	replicas("hookctl came first", 1)
	s := w.config().Stores
	s.Replicas = 3
	waitFor(t, 30*time.Second, "provisioning", func() bool { return app.Provision(t.Context(), w.js, s) == nil })
	replicas("a worker with three", 3)
	w.operations(func(c *app.Config) { c.Replicas = 1 })
	replicas("hookctl with its default", 3)
	one := w.run()
	replicas("a worker with one", 3)
	if log := one.logs.String(); strings.Count(log, "more replicas") != 1 || !strings.Contains(log, "JOURNEYHOOK_REPLICAS") {
		t.Errorf("the worker's log does not say once what to do:\n%s", log)
	}
	one.stop()
	if strings.Contains(one.logs.String(), "on one server each") {
		t.Errorf("three replicas are said to be one:\n%s", one.logs.String())
	}
	single := w.config().Stores
	single.Prefix = "alone"
	waitFor(t, 60*time.Second, "provisioning", func() bool { return app.Provision(t.Context(), w.js, single) == nil })
	alone := w.run(func(c *app.Config) { c.Prefix = "alone" })
	if log := alone.logs.String(); strings.Count(log, "on one server each") != 1 || !strings.Contains(log, "ALONE_STEPS") {
		t.Errorf("the worker's log does not say once that a server may be lost:\n%s", log)
	}
	alone.stop()
	three := w.run(func(c *app.Config) { c.Replicas = 3 })
	if log := three.logs.String(); strings.Contains(log, "more replicas") {
		t.Errorf("a worker that asks for what is there:\n%s", log)
	}
}
