package webhooks

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
)

// runView starts a view over the bucket, which may not be there yet.
func runView(t testing.TB, js jetstream.JetStream, keys *schema.Keys) *View {
	t.Helper()
	v := &View{
		Open: func(ctx context.Context) (jetstream.KeyValue, error) { return js.KeyValue(ctx, bucketConfig.Bucket) },
		Keys: keys, Log: zerolog.New(zerolog.NewTestWriter(t)),
	}
	start(t, v)
	return v
}

func start(t testing.TB, v *View) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := v.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// eventually waits for a condition that other goroutines bring about.
func eventually(t testing.TB, what string, within time.Duration, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen within %v", what, within)
		}
	}
}

func (v *View) named(id string) string {
	w, ok := v.Lookup("acme", id)
	if !ok {
		return ""
	}
	return w.Name
}

func TestViewFollowsTheBucket(t *testing.T) {
	t.Parallel()
	srv := startNATS(t)
	js := connect(t, srv)
	s := &Store{KV: createBucket(t, js), Keys: testKeys(t)}
	mustCreate(t, s, example())
	v := &View{
		Open: func(ctx context.Context) (jetstream.KeyValue, error) { return js.KeyValue(ctx, bucketConfig.Bucket) },
		Keys: s.Keys,
	}
	if err := v.Ready(); !errors.Is(err, errLoading) || v.Loaded() {
		t.Errorf("before Run: %v, loaded: %v", err, v.Loaded())
	}
	start(t, v)
	eventually(t, "loading", 5*time.Second, func() bool { return v.Ready() == nil })
	w, ok := v.Lookup("acme", "welcome-crm")
	if !ok || !equal(w, example()) || w.Revision != 1 || v.Len() != 1 {
		t.Fatalf("loaded %s", jsonOf(t, w))
	}
	edited := example()
	edited.Name = "Edited"
	began := time.Now()
	if _, _, err := s.Put(t.Context(), edited); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the edit", time.Second, func() bool { return v.named("welcome-crm") == "Edited" })
	if took := time.Since(began); took > 200*time.Millisecond {
		t.Logf("the edit took %v to arrive", took)
	}
	if err := s.Delete(t.Context(), "acme", "welcome-crm"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the deletion", time.Second, func() bool { return v.Len() == 0 })
	if w, ok := v.Lookup("acme", "welcome-crm"); ok {
		t.Errorf("deleted, but looked up: %s", jsonOf(t, w))
	}
}

func TestViewSurvivesARestartOfTheServer(t *testing.T) {
	t.Parallel()
	srv := startNATS(t)
	js := connect(t, srv)
	s := &Store{KV: createBucket(t, js), Keys: testKeys(t)}
	mustCreate(t, s, example())
	gone := example()
	gone.ID = "gone"
	mustCreate(t, s, gone)
	v := runView(t, js, s.Keys)
	eventually(t, "loading", 5*time.Second, func() bool { return v.Ready() == nil })

	srv.stop()
	if v.named("welcome-crm") == "" {
		t.Error("a lookup fails while the server is away")
	}
	if _, _, err := v.Fetch(shortly(t), "acme", "welcome-crm"); err == nil {
		t.Error("Fetch knows better than a server that is away")
	}
	srv.start(t)
	other := &Store{KV: mustOpen(t, connect(t, srv)), Keys: s.Keys}
	edited := example()
	edited.Name = "Edited while away"
	if _, _, err := other.Put(t.Context(), edited); err != nil {
		t.Fatal(err)
	}
	if err := other.Delete(t.Context(), "acme", "gone"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the edit", 12*time.Second, func() bool { return v.named("welcome-crm") == "Edited while away" && v.named("gone") == "" })
}

func shortly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func mustOpen(t testing.TB, js jetstream.JetStream) jetstream.KeyValue {
	t.Helper()
	var kv jetstream.KeyValue
	eventually(t, "the bucket", 10*time.Second, func() bool {
		var err error
		kv, err = js.KeyValue(t.Context(), bucketConfig.Bucket)
		return err == nil
	})
	return kv
}

func TestViewWaitsForTheBucket(t *testing.T) {
	t.Parallel()
	js := connect(t, startNATS(t))
	v := runView(t, js, testKeys(t))
	eventually(t, "a reason", 5*time.Second, func() bool {
		err := v.Ready()
		return err != nil && strings.Contains(err.Error(), "bucket")
	})
	if _, _, err := v.Fetch(t.Context(), "acme", "a"); err == nil {
		t.Error("Fetch answers without a bucket")
	}
	s := &Store{KV: createBucket(t, js), Keys: v.Keys}
	mustCreate(t, s, example())
	eventually(t, "loading", 5*time.Second, func() bool { return v.Ready() == nil && v.named("welcome-crm") != "" })

	if err := js.DeleteKeyValue(t.Context(), bucketConfig.Bucket); err != nil {
		t.Fatal(err)
	}
	s.KV = createBucket(t, js)
	edited := example()
	edited.ID = "second-life"
	mustCreate(t, s, edited)
	eventually(t, "the new bucket's content", 12*time.Second, func() bool { return v.named("second-life") != "" && v.named("welcome-crm") == "" })
}

func TestViewTellsWhatItCantUse(t *testing.T) {
	t.Parallel()
	js := connect(t, startNATS(t))
	s := &Store{KV: createBucket(t, js), Keys: testKeys(t)}
	mustCreate(t, s, example())
	good := example()
	good.ID, good.Auth, good.Headers, good.Signing = "good", schema.Auth{Type: schema.AuthNone}, nil, schema.Signing{}
	mustCreate(t, s, good)
	for key, value := range map[string]string{
		"acme.text": "hello", "acme.empty": "{}", "acme.other": jsonOf(t, good),
		"acme.newer": strings.Replace(strings.Replace(jsonOf(t, good), `"good"`, `"newer"`, 1), "{", `{"fromTheFuture": 1,`, 1),
		"stray":      "{}",
	} {
		if _, err := s.KV.Put(t.Context(), key, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	v := runView(t, js, testKeys(t))
	eventually(t, "loading", 5*time.Second, func() bool { return v.Len() == 6 })
	for id, want := range map[string]string{"text": "not JSON", "empty": "stored for", "other": "stored for acme.good", "good": "", "newer": "", "welcome-crm": ""} {
		w, ok := v.Lookup("acme", id)
		if !ok || (want == "") != (w.Fault == "") || !strings.Contains(w.Fault, want) || w.Project != "acme" || w.ID != id {
			t.Errorf("%s: fault %q, want %q", id, w.Fault, want)
		}
	}
	if w, _ := v.Lookup("acme", "welcome-crm"); !w.Locked {
		t.Error("a webhook with unreadable secrets is not locked")
	}
	err := v.Ready()
	if err == nil || !strings.Contains(err.Error(), "acme.welcome-crm") || !strings.Contains(err.Error(), "JOURNEYHOOK_SECRET_KEYS") {
		t.Errorf("Ready: %v", err)
	}
	if err := s.Delete(t.Context(), "acme", "welcome-crm"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "being ready", time.Second, func() bool { return v.Ready() == nil })
}

// While a load becomes what lookups see, others may already write to it.
func TestFetchBesideALoad(t *testing.T) {
	t.Parallel()
	v := &View{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 1000 {
			v.mu.Lock()
			v.put(Name{Project: "acme", ID: fmt.Sprint("fetched-", i)}, example(), nil)
			v.mu.Unlock()
		}
	})
	for range 20 {
		loaded := map[Name]*schema.Webhook{}
		for i := range 20 {
			loaded[Name{Project: "acme", ID: fmt.Sprint(i)}] = example()
		}
		v.replace(loaded, map[Name]error{}, 20)
	}
	wg.Wait()
	for i := range 20 {
		if _, ok := v.Lookup("acme", fmt.Sprint(i)); !ok {
			t.Errorf("%d was loaded, but is not looked up", i)
		}
	}
	if !v.Loaded() || v.Len() < 20 {
		t.Errorf("loaded: %v, %d webhooks", v.Loaded(), v.Len())
	}
}

// fill stores many definitions quickly.
func fill(t testing.TB, js jetstream.JetStream, s *Store, n int) {
	t.Helper()
	for i := range n {
		w := example()
		w.Project, w.ID = fmt.Sprint("project-", i%100), fmt.Sprint("webhook-", i)
		w.Name = fmt.Sprint("Webhook number ", i)
		w.Endpoint = fmt.Sprintf("https://api-%d.example.com/update?email={{email}}", i)
		if err := seal(w, s.Keys); err != nil {
			t.Fatal(err)
		}
		data, err := encode(w)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.PublishAsync("$KV."+bucketConfig.Bucket+"."+w.Key(), data); err != nil {
			t.Fatal(err)
		}
		if i%2000 == 0 {
			<-js.PublishAsyncComplete()
		}
	}
	<-js.PublishAsyncComplete()
}

// loadMany reports how long a view takes to load n definitions and how much memory it then holds.
func loadMany(t testing.TB, n int) (time.Duration, uint64) {
	js := connect(t, startNATS(t))
	s := &Store{KV: createBucket(t, js), Keys: testKeys(t)}
	fill(t, js, s, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	v := runView(t, js, s.Keys)
	eventually(t, "loading", time.Minute, func() bool { return v.Len() == n })
	took := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if err := v.Ready(); err != nil {
		t.Fatal(err)
	}
	return took, after.HeapAlloc - before.HeapAlloc
}

func TestManyWebhooksLoadQuickly(t *testing.T) {
	const n = 5_000
	took, memory := loadMany(t, n)
	t.Logf("%d webhooks: %v, %d MB, %d bytes each", n, took, memory>>20, memory/n)
	if took > 10*time.Second || memory > n*3000 {
		t.Errorf("%d webhooks took %v and %d bytes each", n, took, memory/n)
	}
}

func BenchmarkLoad100000(b *testing.B) {
	for b.Loop() {
		took, memory := loadMany(b, 100_000)
		b.ReportMetric(took.Seconds(), "load-s")
		b.ReportMetric(float64(memory)/(1<<20), "MB")
	}
}
