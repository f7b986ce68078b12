package consumer_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/internal/natstest"
	"github.com/journeyhook/journeyhook/schema"
)

// bench is a consumer over a real JetStream, with the endpoint replaced.
type bench struct {
	t        *testing.T
	names    schema.Names
	nc       *nats.Conn
	js       jetstream.JetStream
	consumer *consumer.Consumer
	hooks    *hooks
	notes    *notes
	stop     context.CancelFunc
	done     chan struct{}
}

// hooks is both what workers have in memory and what the bucket holds.
type hooks struct {
	mu     sync.Mutex
	memory map[string]*schema.Webhook
	bucket map[string]*schema.Webhook
	err    error // of asking the bucket
}

func (h *hooks) Lookup(project, id string) (*schema.Webhook, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w, ok := h.memory[project+"/"+id]
	return w, ok
}

func (h *hooks) Fetch(_ context.Context, project, id string) (*schema.Webhook, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w, ok := h.bucket[project+"/"+id]
	return w, ok, h.err
}

func (h *hooks) set(w *schema.Webhook) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.memory[w.Project+"/"+w.ID] = w
}

// notes keeps what was raised.
type notes struct {
	mu  sync.Mutex
	all []schema.Notification
}

func (n *notes) Raise(one schema.Notification) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, one)
}

func (n *notes) kinds() map[schema.Kind]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := map[schema.Kind]int{}
	for _, one := range n.all {
		out[one.Kind]++
	}
	return out
}

// endpoint stands where net/http would go to the network.
type endpoint func(*http.Request) (*http.Response, error)

func (e endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	return e(r)
}

// counting answers 200 and counts the calls.
func counting(calls *atomic.Int32) endpoint {
	return func(r *http.Request) (*http.Response, error) {
		calls.Add(1)
		return ok(r)
	}
}

// busyOnce answers the first call with 503, and the others as counting does.
func busyOnce(calls *atomic.Int32) endpoint {
	return func(r *http.Request) (*http.Response, error) {
		if calls.Add(1) == 1 {
			return answer(r, 503, "")
		}
		return ok(r)
	}
}

// hogHangs answers 200, the host hog not before the release.
func hogHangs(release <-chan struct{}) endpoint {
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Host, "hog") {
			<-release
		}
		return ok(r)
	}
}

func answer(r *http.Request, status int, body string) (*http.Response, error) {
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

type oneToken struct{}

func (oneToken) Token(context.Context, schema.Credentials) (schema.Token, error) {
	return schema.Token{Access: schema.NewSecret("t")}, nil
}

func (oneToken) Reject(context.Context, schema.Credentials, schema.Token) (schema.Token, error) {
	return schema.Token{Access: schema.NewSecret("t")}, nil
}

// setup starts a server and a consumer that calls e.
func setup(t *testing.T, e endpoint, edit ...func(*consumer.Consumer)) *bench {
	t.Helper()
	return setupOn(t, natstest.Start(t, jetstream.WithDefaultTimeout(busy*5*time.Second)), e, edit...)
}

// setupOn is setup on a server that is there.
func setupOn(t *testing.T, js jetstream.JetStream, e endpoint, edit ...func(*consumer.Consumer)) *bench {
	t.Helper()
	if err := app.Provision(t.Context(), js, app.Stores{Prefix: "journeyhook", Replicas: 1, DuplicateWindow: 5 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	return setupAt(t, js, e, edit...)
}

// shared makes the streams of a cluster, which a node belongs to, as soon as that has found itself.
func shared(t *testing.T, node *devstack.NATS, replicas int) jetstream.JetStream {
	t.Helper()
	js := natstest.Connect(t, node.URL(), jetstream.WithDefaultTimeout(busy*5*time.Second))
	eventually(t, "streams", func(ctx context.Context) error {
		return app.Provision(ctx, js, app.Stores{Prefix: "journeyhook", Replicas: replicas, DuplicateWindow: 5 * time.Minute})
	})
	return js
}

// eventually repeats what a cluster does not do at once.
func eventually(t *testing.T, what string, try func(context.Context) error) {
	t.Helper()
	if err := child.Until(t.Context(), 2*time.Minute, what, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		return try(ctx) == nil
	}); err != nil {
		t.Fatal(err)
	}
}

// setupAt is setupOn where the streams are there already.
func setupAt(t *testing.T, js jetstream.JetStream, e endpoint, edit ...func(*consumer.Consumer)) *bench {
	t.Helper()
	b := &bench{
		t: t, nc: js.Conn(), js: js, notes: &notes{},
		hooks: &hooks{memory: map[string]*schema.Webhook{}, bucket: map[string]*schema.Webhook{}},
	}
	b.consumer = b.newConsumer(e)
	for _, f := range edit {
		f(b.consumer)
	}
	b.start()
	return b
}

func (b *bench) newConsumer(e endpoint) *consumer.Consumer {
	return &consumer.Consumer{
		JS: b.js, Webhooks: b.hooks, Notifier: b.notes, Metrics: consumer.NewMetrics(prometheus.NewRegistry()),
		Dispatcher: &dispatcher.Dispatcher{Transport: e, Tokens: oneToken{}}, Log: zerolog.Nop(), Worker: "test",
	}
}

func (b *bench) start() {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b.stop, b.done = cancel, make(chan struct{})
	c, done := b.consumer, b.done
	if err := c.Bind(ctx); err != nil {
		b.t.Fatal(err)
	}
	go func() {
		defer close(done)
		c.Run(ctx)
	}()
	b.t.Cleanup(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			b.t.Error("the consumer did not stop")
		}
	})
	for b.consumer.Ready() != nil {
		time.Sleep(time.Millisecond)
	}
}

// stopped stops the consumer and waits for it.
func (b *bench) stopped() {
	b.t.Helper()
	b.stop()
	<-b.done
}

func hook(id string, edit ...func(*schema.Webhook)) *schema.Webhook {
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name, w.Method, w.Endpoint, w.Revision = "acme", id, id, "POST", "https://api.example.com/{{status}}", 7
	for _, e := range edit {
		e(w)
	}
	w.Normalize()
	return w
}

func step(id, webhook string) schema.Step {
	return schema.Step{
		ID: id, ProjectID: "acme", WorkflowID: 12345, Tile: schema.Tile{ID: "7", Type: schema.CallWebhook}, WebhookID: webhook,
		User: schema.User{Email: "test.user@example.com", UserID: "u_1"}, Trigger: schema.Trigger{DataFields: json.RawMessage(`{"status":"200"}`)},
		ReachedAt: time.Now().UTC(),
	}
}

func encode(t *testing.T, s schema.Step) []byte {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// send publishes steps as an engine would.
func (b *bench) send(steps ...schema.Step) {
	b.t.Helper()
	for _, s := range steps {
		b.publish(b.names.StepSubject(s.ProjectID, s.WebhookID), encode(b.t, s), nats.Header{"Nats-Msg-Id": {s.Key()}})
	}
}

func (b *bench) publish(subject string, data []byte, h nats.Header) {
	b.t.Helper()
	if _, err := b.js.PublishMsg(b.t.Context(), &nats.Msg{Subject: subject, Data: data, Header: h}); err != nil {
		b.t.Fatal(err)
	}
}

// all reads a stream's messages.
func (b *bench) all(stream string) []*jetstream.RawStreamMsg {
	b.t.Helper()
	s, err := b.js.Stream(b.t.Context(), stream)
	if err != nil {
		b.t.Fatal(err)
	}
	var out []*jetstream.RawStreamMsg
	state := s.CachedInfo().State
	for seq := state.FirstSeq; seq <= state.LastSeq && state.Msgs > 0; seq++ {
		if msg, err := s.GetMsg(b.t.Context(), seq); err == nil {
			out = append(out, msg)
		}
	}
	return out
}

// busy is how much longer things may take on a machine that runs other packages' tests, too, with the race detector.
const busy = 4

// count waits until a stream holds n messages, on an idle machine within the time.
func (b *bench) count(stream string, n int, within time.Duration) {
	b.t.Helper()
	var got uint64
	for deadline := time.Now().Add(busy * within); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		s, err := b.js.Stream(b.t.Context(), stream)
		if err != nil {
			b.t.Fatal(err)
		}
		if got = s.CachedInfo().State.Msgs; got == uint64(n) {
			return
		}
	}
	b.t.Fatalf("%s holds %d messages, want %d", stream, got, n)
}

// results waits for n results and returns them by step.
func (b *bench) results(n int, within time.Duration) map[string]schema.Result {
	b.t.Helper()
	b.count(b.names.Results(), n, within)
	out := map[string]schema.Result{}
	for _, msg := range b.all(b.names.Results()) {
		var r schema.Result
		if err := json.Unmarshal(msg.Data, &r); err != nil {
			b.t.Fatal(err)
		}
		if want := b.names.ResultSubject(r.ProjectID, r.WorkflowID, r.Outcome); msg.Subject != want {
			b.t.Errorf("result on %s, want %s", msg.Subject, want)
		}
		if id := msg.Header.Get("Nats-Msg-Id"); id != r.ProjectID+":"+r.StepID {
			b.t.Errorf("result has id %s", id)
		}
		out[r.StepID] = r
	}
	return out
}
