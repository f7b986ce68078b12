package consumer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/internal/natstest"
	"github.com/journeyhook/journeyhook/schema"
)

func ok(r *http.Request) (*http.Response, error) { return answer(r, 200, `{"firstName":"Test"}`) }

func TestAResultSaysWhatTheContractShows(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.hooks.set(hook("crm"))
	b.send(step("s1", "crm"))
	got := b.results(1, 5*time.Second)["s1"]
	want := schema.Result{
		StepID: "s1", ProjectID: "acme", WorkflowID: 12345, TileID: "7", WebhookID: "crm",
		User:    schema.Person{Email: "test.user@example.com", UserID: "u_1"},
		Outcome: schema.Continue, Reason: schema.ReasonDelivered, Status: 200, Attempts: 1, Revision: 7,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(schema.Result{}, "FinishedAt")); diff != "" {
		t.Error(diff)
	}
	if since := time.Since(got.FinishedAt); since < 0 || since > time.Minute {
		t.Errorf("finishedAt %s", got.FinishedAt)
	}
	b.count(b.names.Steps(), 0, 5*time.Second)
	b.count(b.names.Attempts(), 1, 5*time.Second)
	var a schema.Attempt
	if err := json.Unmarshal(b.all(b.names.Attempts())[0].Data, &a); err != nil {
		t.Fatal(err)
	}
	if a.StepID != "s1" || a.Attempt != 1 || a.Next != schema.NextContinue || a.Reason != schema.ReasonDelivered || a.URL != "https://api.example.com/…" || a.Worker != "test" || a.RequestBody != "" {
		t.Errorf("%+v", a)
	}
}

func TestAProfileUpdateComesBeforeItsResult(t *testing.T) {
	t.Parallel()
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "empty") {
			return answer(r, 200, `{"email":"x"}`)
		}
		return answer(r, 200, `{"firstName":"Test","lastName":"User","email":"evil@example.com"}`)
	})
	b.hooks.set(hook("profile", func(w *schema.Webhook) { w.Method = "GET" }))
	order, err := b.nc.SubscribeSync("journeyhook.>")
	if err != nil {
		t.Fatal(err)
	}
	s, nothing := step("s1", "profile"), step("s2", "profile")
	s.Tile.Type, nothing.Tile.Type = schema.UserProfile, schema.UserProfile
	nothing.Trigger.DataFields = json.RawMessage(`{"status":"empty"}`)
	b.send(s, nothing)
	b.results(2, 5*time.Second)
	updates := b.all(b.names.Profiles())
	if len(updates) != 1 {
		t.Fatalf("C24: %d profile updates, want 1", len(updates))
	}
	var u schema.ProfileUpdate
	if err := json.Unmarshal(updates[0].Data, &u); err != nil {
		t.Fatal(err)
	}
	want := schema.ProfileUpdate{StepID: "s1", ProjectID: "acme", User: schema.Person{Email: "test.user@example.com", UserID: "u_1"}, Fields: json.RawMessage(`{"firstName":"Test","lastName":"User"}`), Ignored: []string{"email"}}
	if diff := cmp.Diff(want, u, cmpopts.IgnoreFields(schema.ProfileUpdate{}, "At")); diff != "" {
		t.Error(diff)
	}
	for updated := false; ; {
		msg, err := order.NextMsg(time.Second)
		if err != nil {
			t.Fatal(err)
		}
		updated = updated || msg.Subject == b.names.ProfileSubject("acme")
		if strings.HasPrefix(msg.Subject, "journeyhook.results.") && strings.Contains(string(msg.Data), `"s1"`) {
			if !updated {
				t.Error("the result came before the profile update")
			}
			return
		}
	}
}

func TestFailedCallsAreRetriedInTheirLane(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	calls := map[string][]time.Time{}
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		id := r.Header["Idempotency-Key"][0]
		mu.Lock()
		calls[id] = append(calls[id], time.Now())
		n := len(calls[id])
		mu.Unlock()
		switch {
		case strings.Contains(r.URL.Path, "never"):
			return answer(r, 503, "")
		case strings.Contains(r.URL.Path, "wait") && n == 1:
			resp, err := answer(r, 429, "")
			resp.Header.Set("Retry-After", "2")
			return resp, err
		case n <= 2 && !strings.Contains(r.URL.Path, "wait"):
			return nil, errors.New("connection reset by peer")
		}
		return ok(r)
	})
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.Retry.Delay = schema.Duration(time.Second); w.Retry.Max = 2 }))
	late := step("late", "crm")
	never := step("never", "crm")
	never.Trigger.DataFields = json.RawMessage(`{"status":"never"}`)
	wait := step("wait", "crm")
	wait.Trigger.DataFields = json.RawMessage(`{"status":"wait"}`)
	b.send(late, never, wait)
	results := b.results(3, 15*time.Second)
	for id, want := range map[string]schema.Result{
		"late":  {Outcome: schema.Continue, Reason: schema.ReasonDelivered, Status: 200, Attempts: 3},
		"never": {Outcome: schema.Exit, Reason: schema.ReasonRetriesExhausted, Status: 503, Attempts: 3, Detail: "all 3 attempts failed; the last: the endpoint answered 503 Service Unavailable"},
		"wait":  {Outcome: schema.Continue, Reason: schema.ReasonDelivered, Status: 200, Attempts: 2},
	} {
		got := results[id]
		if got.Outcome != want.Outcome || got.Reason != want.Reason || got.Status != want.Status || got.Attempts != want.Attempts || got.Detail != want.Detail {
			t.Errorf("%s: %+v", id, got)
		}
	}
	least := map[string]time.Duration{"late": time.Second, "never": time.Second, "wait": 2 * time.Second}
	for key, at := range calls {
		id := strings.TrimPrefix(key, "acme:")
		if len(at) != results[id].Attempts {
			t.Errorf("%s: %d calls, %d attempts", id, len(at), results[id].Attempts)
		}
		for i := 1; i < len(at); i++ {
			if gap := at[i].Sub(at[i-1]); gap < least[id] || gap > least[id]+2*time.Second {
				t.Errorf("%s: attempt %d came %s after the one before, want %s", id, i+1, gap, least[id])
			}
		}
	}
	b.count(b.names.Retries(), 0, 5*time.Second)
}

func TestAStepForAWebhookMadeAMomentAgo(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.hooks.bucket["acme/new"] = hook("new")
	b.send(step("s1", "new"), step("s2", "gone"))
	r := b.results(2, 5*time.Second)
	if r["s1"].Reason != schema.ReasonDelivered {
		t.Errorf("C31: %+v", r["s1"])
	}
	if g := r["s2"]; g.Outcome != schema.Exit || g.Reason != schema.ReasonWebhookDeleted || g.Attempts != 0 || g.Revision != 0 {
		t.Errorf("B62: %+v", g)
	}
	if k := b.notes.kinds(); k[schema.KindWebhookMissing] != 1 || len(k) != 1 {
		t.Errorf("notifications: %v", k)
	}
}

func TestNobodyExitsWhileTheBucketCanNotBeAsked(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.hooks.mu.Lock()
	b.hooks.err = errors.New("no answer")
	b.hooks.mu.Unlock()
	b.hooks.set(hook("locked", func(w *schema.Webhook) { w.Locked = true }))
	b.send(step("s1", "unknown"), step("s2", "locked"))
	time.Sleep(300 * time.Millisecond)
	b.count(b.names.Results(), 0, time.Second)
	b.count(b.names.Backlog(), 2, time.Second)
	b.hooks.set(hook("unknown"))
	b.hooks.set(hook("locked"))
	b.results(2, 15*time.Second)
}

func TestAPausedWebhooksStepsWait(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.State = schema.Paused }))
	b.send(step("s1", "crm"))
	b.count(b.names.Steps(), 0, 5*time.Second)
	b.hooks.set(hook("crm"))
	if r := b.results(1, 15*time.Second)["s1"]; r.Attempts != 1 || r.Outcome != schema.Continue {
		t.Errorf("%+v", r)
	}
}

func TestUnusableSteps(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.hooks.set(hook("crm"))
	good, _ := json.Marshal(step("good", "crm"))
	wrongTile := step("tile", "crm")
	wrongTile.Tile.Type = schema.UserProfile
	other := step("other", "elsewhere")
	otherData, _ := json.Marshal(other)
	foreign, longName := step("foreign", "crm"), step("long", "crm")
	foreign.ProjectID, foreign.User.Email = "globex", "" // two faults
	longName.User.Email = strings.Repeat("\b", 300_000)  // would be too much for a result
	foreignData, _ := json.Marshal(foreign)
	longNameData, _ := json.Marshal(longName)
	large := step("large", "crm")
	large.User.Profile = json.RawMessage(`{"x":"` + strings.Repeat("y", schema.MaxStepBytes) + `"}`)
	largeData, _ := json.Marshal(large)
	wrongTileData, _ := json.Marshal(wrongTile)
	latin1 := bytes.Replace(bytes.Replace(good, []byte(`"good"`), []byte(`"latin1"`), 1), []byte(`"email":"`), []byte("\"email\":\"zo\xeb"), 1)
	subject := b.names.StepSubject("acme", "crm")
	header := nats.Header{"Kept": {"yes"}}
	for _, data := range [][]byte{
		[]byte("not json"), []byte(`{"id":"no project, bad id","workflowId":1}`), []byte(`{"id":"partly","workflowId":"x"}`),
		otherData, largeData, wrongTileData, foreignData, longNameData, latin1, good,
	} {
		b.publish(subject, data, header)
	}
	lost, _ := json.Marshal(step("lost", "crm"))
	b.publish("journeyhook.steps.acme.a.b", lost, header)
	b.publish("journeyhook.steps.a$.b", []byte(`{"id":"body","projectId":"acme","webhookId":"crm"}`), header)
	b.publish("journeyhook.steps.a$.b", []byte(`{"id":"nobody's"}`), header)
	results := b.results(10, 10*time.Second)
	for id, want := range map[string]schema.Result{
		"partly":  {ProjectID: "acme", WebhookID: "crm", Reason: schema.ReasonInvalidStep, Outcome: schema.Exit},
		"other":   {ProjectID: "acme", WebhookID: "elsewhere", Reason: schema.ReasonInvalidStep, Outcome: schema.Exit, WorkflowID: 12345, TileID: "7"},
		"foreign": {ProjectID: "acme", WebhookID: "crm", Reason: schema.ReasonInvalidStep, Outcome: schema.Exit, WorkflowID: 12345, TileID: "7"},
		"latin1":  {ProjectID: "acme", WebhookID: "crm", Reason: schema.ReasonInvalidStep, Outcome: schema.Exit, WorkflowID: 12345, TileID: "7"},
		"long":    {ProjectID: "acme", WebhookID: "crm", Reason: schema.ReasonInvalidStep, Outcome: schema.Exit, WorkflowID: 12345, TileID: "7"},
		"lost":    {ProjectID: "acme", WebhookID: "crm", Reason: schema.ReasonInvalidStep, Outcome: schema.Exit, WorkflowID: 12345, TileID: "7"},
		"body":    {ProjectID: "acme", WebhookID: "crm", Reason: schema.ReasonInvalidStep, Outcome: schema.Exit},
		"large":   {ProjectID: "acme", WebhookID: "crm", Reason: schema.ReasonInvalidStep, Outcome: schema.Exit, WorkflowID: 12345, TileID: "7"},
		"tile":    {ProjectID: "acme", WebhookID: "crm", Reason: schema.ReasonInvalidWebhook, Outcome: schema.Exit, WorkflowID: 12345, TileID: "7"},
		"good":    {ProjectID: "acme", WebhookID: "crm", Reason: schema.ReasonDelivered, Outcome: schema.Continue, WorkflowID: 12345, TileID: "7"},
	} {
		got := results[id]
		if got.ProjectID != want.ProjectID || got.WebhookID != want.WebhookID || got.Reason != want.Reason || got.Outcome != want.Outcome || got.WorkflowID != want.WorkflowID || got.TileID != want.TileID {
			t.Errorf("%s: %+v", id, got)
		}
		if id == "latin1" && got.User.Email != "" {
			t.Errorf("C51: an email that is no UTF-8 came back as %q", got.User.Email)
		}
		if got.Outcome == schema.Exit && (got.Attempts != 0 || got.Detail == "") {
			t.Errorf("%s: attempts %d, detail %q", id, got.Attempts, got.Detail)
		}
	}
	dead := map[string]int{}
	for _, msg := range b.all(b.names.Dead()) {
		dead[msg.Subject]++
		if !strings.HasPrefix(msg.Header.Get(schema.HeaderSubject), "journeyhook.steps.a") || msg.Header.Get(schema.HeaderError) == "" || msg.Header.Get("Kept") != "yes" {
			t.Errorf("%s: headers %v", msg.Subject, msg.Header)
		}
	}
	want := map[string]int{"journeyhook.dead.unreadable": 3, "journeyhook.dead.invalid_step": 7, "journeyhook.dead.too_large": 1}
	if diff := cmp.Diff(want, dead); diff != "" {
		t.Error(diff)
	}
	b.count(b.names.Steps(), 0, 5*time.Second)
	if k := b.notes.kinds(); k[schema.KindUnreadableStep] != 10 || k[schema.KindWebhookInvalid] != 1 {
		t.Errorf("notifications: %v", k)
	}
}

// A large answer of characters that JSON may escape is still one profile update, and has its result.
func TestALargeProfileAnswerIsPublished(t *testing.T) {
	t.Parallel()
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		return answer(r, 200, `{"a":"`+strings.Repeat("<&>", 80_000)+`"}`)
	})
	b.hooks.set(hook("profile", func(w *schema.Webhook) { w.Method = "GET" }))
	s := step("s1", "profile")
	s.Tile.Type = schema.UserProfile
	b.send(s)
	if r := b.results(1, 10*time.Second)["s1"]; r.Reason != schema.ReasonDelivered {
		t.Errorf("%+v", r)
	}
	b.count(b.names.Profiles(), 1, time.Second)
}

// sized is a step of so many bytes.
func sized(t *testing.T, id string, size int) []byte {
	t.Helper()
	s := step(id, "crm")
	s.User.Profile = json.RawMessage(`{"x":""}`)
	s.User.Profile = json.RawMessage(`{"x":"` + strings.Repeat("y", size-len(encode(t, s))) + `"}`)
	return encode(t, s)
}

func TestTheLargestStepCanBeRetried(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	b := setup(t, busyOnce(&calls))
	b.hooks.set(hook("crm", func(w *schema.Webhook) {
		w.Retry.Delay = schema.Duration(time.Second)
		w.Body.IncludeTriggerData = false
	}))
	b.publish(b.names.StepSubject("acme", "crm"), sized(t, "s1", schema.MaxStepBytes), nil)
	if r := b.results(1, 10*time.Second)["s1"]; r.Reason != schema.ReasonDelivered || r.Attempts != 2 {
		t.Errorf("%+v", r)
	}
}

// C22: each attempt uses the newest revision.
func TestAWebhookIsEditedBetweenTwoAttempts(t *testing.T) {
	t.Parallel()
	calls := make(chan string, 2)
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		calls <- r.URL.Path
		return answer(r, 503, "")
	})
	version := func(path string, revision uint64) *schema.Webhook {
		return hook("crm", func(w *schema.Webhook) {
			w.Endpoint, w.Revision, w.Retry.Delay = "https://api.example.com"+path, revision, schema.Duration(time.Second)
		})
	}
	b.hooks.set(version("/old", 7))
	b.send(step("s1", "crm"))
	if path := <-calls; path != "/old" {
		t.Errorf("called %s", path)
	}
	edited := version("/new", 8)
	edited.Retry.Max = 1
	b.hooks.set(edited)
	if path := <-calls; path != "/new" {
		t.Errorf("then called %s", path)
	}
	if r := b.results(1, 10*time.Second)["s1"]; r.Reason != schema.ReasonRetriesExhausted || r.Attempts != 2 || r.Revision != 8 {
		t.Errorf("%+v", r)
	}
}

// A server may take less than others. What could not be moved there is not called at all.
func TestTheLargestStepOfASmallServerCanBeRetried(t *testing.T) {
	t.Parallel()
	srv, err := devstack.StartNATSWith(t.TempDir(), &server.Options{Port: -1, MaxPayload: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	var calls atomic.Int32
	b := setupOn(t, natstest.Connect(t, srv.URL()), busyOnce(&calls))
	b.hooks.set(hook("crm", func(w *schema.Webhook) {
		w.Retry.Delay = schema.Duration(time.Second)
		w.Body.IncludeTriggerData = false
	}))
	for id, size := range map[string]int{"fits": 60 << 10, "too-large": 60<<10 + 1} {
		b.publish(b.names.StepSubject("acme", "crm"), sized(t, id, size), nil)
	}
	all := b.results(2, 10*time.Second)
	if r := all["fits"]; r.Reason != schema.ReasonDelivered || r.Attempts != 2 {
		t.Errorf("%+v", r)
	}
	if r := all["too-large"]; r.Reason != schema.ReasonInvalidStep || calls.Load() != 2 {
		t.Errorf("after %d calls: %+v", calls.Load(), r)
	}
}

// A payload as large as the server takes leaves no room for headers; it is kept all the same.
func TestTheLargestMessageIsBuriedWhole(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	data := []byte(strings.Repeat("x", 1<<20))
	b.publish(b.names.StepSubject("acme", "crm"), data, nil)
	b.count(b.names.Dead(), 1, 10*time.Second)
	if got := b.all(b.names.Dead())[0]; len(got.Data) != len(data) || got.Subject != "journeyhook.dead.too_large" {
		t.Errorf("%s, %d bytes", got.Subject, len(got.Data))
	}
	b.count(b.names.Steps(), 0, 5*time.Second)
}

func TestAStepPublishedTwiceHasOneResult(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.hooks.set(hook("crm"))
	data, _ := json.Marshal(step("s1", "crm"))
	for range 3 { // without a Nats-Msg-Id, as after the duplicate window
		b.publish(b.names.StepSubject("acme", "crm"), data, nil)
	}
	b.count(b.names.Steps(), 0, 5*time.Second)
	b.results(1, 5*time.Second)
}

func TestShutdownLetsCallsFinishAndGivesTheRestBack(t *testing.T) {
	t.Parallel()
	var started atomic.Int32
	release := make(chan struct{})
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		started.Add(1)
		<-release
		return ok(r)
	}, func(c *consumer.Consumer) { c.MaxInFlight = 8 }) // half of it for one webhook
	b.hooks.set(hook("crm"))
	for _, id := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		b.send(step(id, "crm"))
	}
	for deadline := time.Now().Add(10 * time.Second); started.Load() < 4; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d calls began", started.Load())
		}
	}
	b.stop()
	time.Sleep(50 * time.Millisecond)
	close(release)
	b.stopped()
	b.results(4, time.Second)
	if started.Load() != 4 {
		t.Errorf("%d calls, want 4", started.Load())
	}
	b.consumer = b.newConsumer(ok)
	b.start()
	for id, r := range b.results(8, 10*time.Second) {
		if r.Attempts != 1 {
			t.Errorf("step %s: %d attempts", id, r.Attempts)
		}
	}
}

func TestACallCutOffByOurShutdownSaysNothingAboutTheEndpoint(t *testing.T) {
	t.Parallel()
	cut := make(chan struct{})
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		close(cut)
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}, func(c *consumer.Consumer) { c.ShutdownGrace = 50 * time.Millisecond })
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.Retry.Max = 0 }))
	b.send(step("s1", "crm"))
	<-cut
	b.stopped()
	b.count(b.names.Results(), 0, time.Second)
	b.consumer = b.newConsumer(ok)
	b.start()
	if r := b.results(1, 10*time.Second)["s1"]; r.Outcome != schema.Continue || r.Attempts != 1 {
		t.Errorf("%+v", r)
	}
}

func TestACallLongerThanTheAckWaitIsMadeOnce(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		calls.Add(1)
		select {
		case <-time.After(4 * time.Second):
		case <-r.Context().Done():
		}
		return ok(r)
	}, func(c *consumer.Consumer) { c.AckWait = 1500 * time.Millisecond })
	stream, err := b.js.Stream(t.Context(), b.names.Steps())
	if err != nil {
		t.Fatal(err)
	}
	workers, err := stream.Consumer(t.Context(), schema.StepsConsumer)
	if err != nil {
		t.Fatal(err)
	}
	cfg := workers.CachedInfo().Config
	cfg.AckWait = 1500 * time.Millisecond
	if _, err := stream.UpdateConsumer(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	b.hooks.set(hook("crm"))
	b.send(step("s1", "crm"))
	b.results(1, 10*time.Second)
	b.count(b.names.Steps(), 0, 5*time.Second)
	if calls.Load() != 1 {
		t.Errorf("%d calls", calls.Load())
	}
}

func TestADeletedConsumerIsNoReasonToStop(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.hooks.set(hook("crm"))
	stream, err := b.js.Stream(t.Context(), b.names.Steps())
	if err != nil {
		t.Fatal(err)
	}
	workers, _ := stream.Consumer(t.Context(), schema.StepsConsumer)
	cfg := workers.CachedInfo().Config
	if err := stream.DeleteConsumer(t.Context(), schema.StepsConsumer); err != nil {
		t.Fatal(err)
	}
	b.send(step("s1", "crm"))
	time.Sleep(100 * time.Millisecond)
	if _, err := stream.CreateConsumer(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	b.results(1, 10*time.Second)
	select {
	case <-b.done:
		t.Fatal("the consumer ended")
	default:
	}
}
