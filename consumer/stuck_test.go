package consumer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

// What NATS stores nothing in is named: by the worker's readiness where a step waits for it, by a metric, and once in the log.
func TestStreamsThatTakeNothingAreNamed(t *testing.T) {
	t.Parallel()
	var log devstack.Log
	registry := prometheus.NewRegistry()
	b := setup(t, ok, func(c *consumer.Consumer) {
		c.Log, c.Metrics = zerolog.New(&log).Level(zerolog.WarnLevel), consumer.NewMetrics(registry)
	})
	b.hooks.set(hook("crm"))
	full := map[string]func(){}
	for _, name := range []string{b.names.Results(), b.names.Attempts()} {
		full[name] = b.fill(name)
	}
	stuck := func(stream string) float64 { return value(t, registry, "journeyhook_stream_stuck", stream) }
	wait := func(what string, within time.Duration, condition func() bool) {
		t.Helper()
		for end := time.Now().Add(within); !condition(); time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("not within %s: %s\n%s", within, what, log.String())
			}
		}
	}
	b.send(step("s1", "crm"), step("s2", "crm"), step("s3", "crm"))
	wait("both are stuck", busy*30*time.Second, func() bool { return stuck(b.names.Results()) == 1 && stuck(b.names.Attempts()) == 1 })
	if err := b.consumer.Ready(); err == nil || !strings.Contains(err.Error(), b.names.Results()) || strings.Contains(err.Error(), b.names.Attempts()) {
		t.Errorf("ready: %v; want the stream that steps wait for, and that alone", err)
	}
	b.send(step("s4", "crm"))
	wait("a lost record is counted", busy*10*time.Second, func() bool { return value(t, registry, "journeyhook_attempt_records_lost_total", "") > 0 })
	if lines := strings.Count(log.String(), "\n"); lines != 2 {
		t.Errorf("%d lines tell of two streams", lines)
	}
	for _, empty := range full {
		empty()
	}
	b.count(b.names.Steps(), 0, busy*30*time.Second)
	wait("both are well", busy*30*time.Second, func() bool { return stuck(b.names.Results()) == 0 && stuck(b.names.Attempts()) == 0 })
	if err := b.consumer.Ready(); err != nil {
		t.Errorf("ready: %v", err)
	}
}

// fill lets a stream take nothing until the returned function is called.
func (b *bench) fill(name string) (empty func()) {
	b.t.Helper()
	stream, err := b.js.Stream(b.t.Context(), name)
	if err != nil {
		b.t.Fatal(err)
	}
	room := stream.CachedInfo().Config
	full := room
	full.Discard, full.MaxBytes = jetstream.DiscardNew, 1
	if _, err := b.js.UpdateStream(b.t.Context(), full); err != nil {
		b.t.Fatal(err)
	}
	return func() {
		if _, err := b.js.UpdateStream(b.t.Context(), room); err != nil {
			b.t.Error(err)
		}
	}
}

// value is that of a metric, of one stream where it has several; -1 where it is not there.
func value(t *testing.T, registry *prometheus.Registry, name, stream string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name && (stream == "" || m.GetLabel()[0].GetValue() == stream) {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return -1
}
