package kv_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/journeyhook/journeyhook/internal/child"
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

// Of writers that are there at the same moment one is first, and each of the others is told so, on one server and on three.
func TestWritersAreToldThatAnotherWasFaster(t *testing.T) {
	t.Parallel()
	for name, replicas := range map[string]int{"one server": 1, "three servers": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			js := natstest.Connect(t, natstest.Cluster(t)[0].URL())
			var bucket jetstream.KeyValue
			if err := child.Until(t.Context(), time.Minute, "a bucket", func() (ok bool) {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				var err error
				bucket, err = js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "b", Replicas: replicas})
				return err == nil
			}); err != nil {
				t.Fatal(err)
			}
			revision, err := bucket.PutString(t.Context(), "updated", "x")
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				revision = oneIsFirst(t, func(ctx context.Context) (uint64, error) { return bucket.Update(ctx, "updated", []byte("y"), revision) })
				oneIsFirst(t, func(ctx context.Context) (uint64, error) { return bucket.Create(ctx, "created", []byte("z")) })
				if err := bucket.Delete(t.Context(), "created"); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if kv.Outrun(nil) || kv.Outrun(jetstream.ErrKeyNotFound) || kv.Outrun(&jetstream.APIError{Code: 503, ErrorCode: 10008}) {
		t.Error("another error counts as another writer's success")
	}
}

// oneIsFirst lets eight writers write at once and returns the revision of the one that could.
func oneIsFirst(t *testing.T, write func(context.Context) (uint64, error)) uint64 {
	t.Helper()
	type answer struct {
		revision uint64
		err      error
	}
	answers := make(chan answer, 8)
	for range cap(answers) {
		go func() {
			revision, err := write(t.Context())
			answers <- answer{revision, err}
		}()
	}
	first, written := uint64(0), 0
	for range cap(answers) {
		a := <-answers
		switch {
		case a.err == nil:
			first, written = a.revision, written+1
		case !kv.Outrun(a.err):
			t.Errorf("told %v", a.err)
		}
	}
	if written != 1 {
		t.Errorf("%d writers were first", written)
	}
	return first
}
