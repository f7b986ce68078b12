package consumer

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/journeyhook/journeyhook/internal/natstest"
)

func TestRecordsAreKeptWhileNATSIsAway(t *testing.T) {
	t.Parallel()
	start := natstest.Restarts(t)
	srv := start()
	nc, err := nats.Connect(srv.URL(), nats.ReconnectBufSize(-1), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	c := &Consumer{JS: js, Metrics: NewMetrics(registry)}
	seen, err := nc.SubscribeSync("attempts")
	if err != nil {
		t.Fatal(err)
	}
	go afterOutages(t.Context(), nc, c.publishKept)
	record := func(text string) *nats.Msg { return &nats.Msg{Subject: "attempts", Data: []byte(text)} }
	next := func() string {
		msg, err := seen.NextMsg(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		return string(msg.Data)
	}
	c.publishRecord(record("first"))
	if got := next(); got != "first" {
		t.Errorf("read %q", got)
	}
	srv.Close()
	for nc.IsConnected() {
		time.Sleep(time.Millisecond)
	}
	c.publishRecord(record("second"))
	c.publishRecord(&nats.Msg{Subject: "attempts", Data: make([]byte, recordsMost)})
	c.publishRecord(record("third"))
	all, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	lost := -1.0
	for _, family := range all {
		if family.GetName() == "journeyhook_attempt_records_lost_total" {
			lost = family.Metric[0].Counter.GetValue()
		}
	}
	if lost != 1 {
		t.Errorf("%v lost, want the one there is no room for", lost)
	}
	start()
	if a, b := next(), next(); a != "second" || b != "third" {
		t.Errorf("read %q and %q", a, b)
	}
}
