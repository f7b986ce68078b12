package webhooks

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/natstest"
)

func TestFetchAsksTheBucket(t *testing.T) { // C31
	t.Parallel()
	s := newStore(t)
	mustCreate(t, s, example())
	v := &View{Keys: s.Keys, bucket: s.KV}
	w, ok, err := v.Fetch(t.Context(), "acme", "welcome-crm")
	if err != nil || !ok || !equal(w, example()) {
		t.Fatalf("%v, %v, %v", w, ok, err)
	}
	if v.named("welcome-crm") == "" {
		t.Error("what was fetched is not looked up the next time")
	}
	for _, id := range []string{"none", "*", ""} {
		if _, ok, err := v.Fetch(t.Context(), "acme", id); ok || err != nil {
			t.Errorf("%q: %v, %v", id, ok, err)
		}
	}
}

// lagging is a bucket as a server shows it that has not heard of any definition yet.
type lagging struct{ jetstream.KeyValue }

func (lagging) Get(context.Context, string) (jetstream.KeyValueEntry, error) {
	return nil, jetstream.ErrKeyNotFound
}

// In a cluster a server that lags behind may answer that there is no such webhook; no user exits for that.
func TestALaggingServerIsNotBelieved(t *testing.T) { // C31, B62
	t.Parallel()
	js := natstest.Connect(t, natstest.Cluster(t)[0].URL())
	replicated := bucketConfig
	replicated.Replicas = 3
	var kv jetstream.KeyValue
	eventually(t, "a replicated bucket", time.Minute, func() (ok bool) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		var err error
		kv, err = js.CreateOrUpdateKeyValue(ctx, replicated)
		return err == nil
	})
	s := &Store{KV: kv, Keys: testKeys(t)}
	mustCreate(t, s, example())

	v := &View{Keys: s.Keys, bucket: lagging{kv}}
	if _, ok, err := v.Fetch(t.Context(), "acme", "welcome-crm"); ok || err == nil {
		t.Errorf("the view lags too: %v, %v; want an error", ok, err)
	}
	live := &View{Keys: s.Keys, Open: func(context.Context) (jetstream.KeyValue, error) { return lagging{kv}, nil }}
	start(t, live)
	eventually(t, "loading", 20*time.Second, func() bool { return live.named("welcome-crm") != "" })
	if w, ok, err := live.Fetch(t.Context(), "acme", "welcome-crm"); err != nil || !ok || !equal(w, example()) {
		t.Errorf("the view has it: %v, %v, %v", w, ok, err)
	}
	if _, ok, err := live.Fetch(t.Context(), "acme", "none"); ok || err != nil {
		t.Errorf("there is none: %v, %v", ok, err)
	}
	if err := s.Delete(t.Context(), "acme", "welcome-crm"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the deletion", 20*time.Second, func() bool { return live.named("welcome-crm") == "" })
	if _, ok, err := live.Fetch(t.Context(), "acme", "welcome-crm"); ok || err != nil {
		t.Errorf("it was deleted: %v, %v", ok, err)
	}
}
