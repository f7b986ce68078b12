package app

import (
	"context"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

func TestRedisFailuresAreCounted(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	rdb, err := ConnectRedis(Stores{RedisURL: "redis://" + server.Addr() + "/0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rdb.Close() })
	registry := prometheus.NewRegistry()
	rdb.AddHook(newRedisFailures(registry))
	last := 0.0
	count := func(what string, more bool) {
		t.Helper()
		all, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := all[0].GetMetric()[0].GetCounter().GetValue()
		if got > last != more {
			t.Errorf("%s: %v failures after %v; should there be more: %t", what, got, last, more)
		}
		last = got
	}
	if err := redis.NewScript("return 1").Run(t.Context(), rdb, nil).Err(); err != nil {
		t.Fatal(err)
	}
	rdb.Get(t.Context(), "nothing")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	rdb.Get(stopped, "nothing")
	count("a script that was not known, a missing key, a caller that gave up", false)
	server.SetError("READONLY You can't write against a read only replica.")
	rdb.Set(t.Context(), "a", 1, 0)
	count("read-only", true)
	pipe := rdb.Pipeline()
	pipe.Get(t.Context(), "a")
	pipe.Get(t.Context(), "b")
	_, _ = pipe.Exec(t.Context())
	count("a pipeline", true)
	server.Close()
	rdb.Get(t.Context(), "a")
	count("away", true)
}
