package kv_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/journeyhook/journeyhook/internal/kv"
	"github.com/journeyhook/journeyhook/internal/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newBucket(t *testing.T, entries int) jetstream.KeyValue {
	t.Helper()
	js := natstest.Start(t)
	bucket, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "b"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		if _, err := bucket.PutString(t.Context(), fmt.Sprint("a.", i), "x"); err != nil {
			t.Fatal(err)
		}
	}
	return bucket
}

func TestEachGivesWhatIsThere(t *testing.T) {
	t.Parallel()
	bucket := newBucket(t, 600)
	if err := bucket.Delete(t.Context(), "a.7"); err != nil {
		t.Fatal(err)
	}
	for keys, want := range map[string]int{"a.*": 599, "a.5": 1, "a.7": 0, "none.>": 0} {
		n := 0
		if err := kv.Each(t.Context(), bucket, keys, func(jetstream.KeyValueEntry) { n++ }); err != nil || n != want {
			t.Errorf("%s: %d entries, want %d; %v", keys, n, want, err)
		}
	}
}

// More than the client keeps at once is on its way when a reader has enough; nothing may wait for it.
func TestAReaderMayGoAway(t *testing.T) {
	t.Parallel()
	bucket := newBucket(t, 600)
	ctx, cancel := context.WithCancel(t.Context())
	err := kv.Each(ctx, bucket, ">", func(jetstream.KeyValueEntry) {
		cancel()
		time.Sleep(10 * time.Millisecond)
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
