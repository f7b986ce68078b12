package main

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/natstest"
)

// Whoever makes what is printed has made what a worker makes: it finds nothing to add or to change.
func TestPrintedStreamsAreTheWorkers(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if code := run(t.Context(), []string{"streams", "--prefix", "own", "--duplicate-window", "2m"}, strings.NewReader(""), &out, &out); code != 0 {
		t.Fatalf("exit %d\n%s", code, out.String())
	}
	var all provisioned
	if err := json.Unmarshal(out.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	js := natstest.Start(t)
	for _, s := range all.Streams {
		if _, err := js.CreateStream(t.Context(), s); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	for stream, some := range all.Consumers {
		for _, c := range some {
			if _, err := js.CreateConsumer(t.Context(), stream, c); err != nil {
				t.Errorf("%s: %v", c.Durable, err)
			}
		}
	}
	for _, b := range all.Buckets {
		c := jetstream.KeyValueConfig{Bucket: b.Bucket, Description: b.Description, History: b.History, MaxValueSize: b.MaxValueSize, Replicas: b.Replicas}
		if _, err := js.CreateKeyValue(t.Context(), c); err != nil {
			t.Errorf("%s: %v", b.Bucket, err)
		}
	}
	made := settingsOf(t, js)
	if err := app.Provision(t.Context(), js, app.Stores{Prefix: "own", Replicas: 1, DuplicateWindow: 2 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	if now := settingsOf(t, js); len(now) < 13 || !reflect.DeepEqual(made, now) {
		t.Errorf("made by hand: %v\nafter a worker: %v", made, now)
	}
}

// settingsOf are the configurations of all streams and consumers, by name.
func settingsOf(t *testing.T, js jetstream.JetStream) map[string]any {
	t.Helper()
	all := map[string]any{}
	streams := js.ListStreams(t.Context())
	for s := range streams.Info() {
		all[s.Config.Name] = s.Config
		stream, err := js.Stream(t.Context(), s.Config.Name)
		if err != nil {
			t.Fatal(err)
		}
		for c := range stream.ListConsumers(t.Context()).Info() {
			all[s.Config.Name+" "+c.Name] = c.Config
		}
	}
	if streams.Err() != nil {
		t.Fatal(streams.Err())
	}
	return all
}
