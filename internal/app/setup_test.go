package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// world is what workers live in: real NATS, Redis, an endpoint, a token server.
type world struct {
	t        *testing.T
	key      string
	nats     natsServer
	redisURL string
	endpoint *devstack.Endpoint
	tokens   *devstack.TokenServer
	nc       *nats.Conn
	js       jetstream.JetStream
	names    schema.Names
}

// natsServer is one in this process or in one of its own.
type natsServer interface {
	URL() string
	Close()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	srv, err := devstack.StartNATS(t.TempDir(), -1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return newWorldOn(t, srv)
}

// newWorldOn is newWorld on a server that is there and has nothing.
func newWorldOn(t *testing.T, srv natsServer) *world {
	t.Helper()
	w := &world{t: t, key: schema.NewKey(), nats: srv, endpoint: devstack.StartEndpoint(), tokens: devstack.StartTokenServer()}
	t.Cleanup(w.endpoint.Close)
	t.Cleanup(w.tokens.Close)
	w.endpoint.Valid = w.tokens.Valid
	var err error
	w.redisURL = startRedis(t)
	if w.nc, err = nats.Connect(w.nats.URL()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.nc.Close)
	if w.js, err = jetstream.New(w.nc); err != nil {
		t.Fatal(err)
	}
	if err := app.Provision(t.Context(), w.js, w.config().Stores); err != nil {
		t.Fatal(err)
	}
	return w
}

// startRedis starts a real redis-server where there is one, which CI insists on, else an embedded one.
func startRedis(t *testing.T) string {
	t.Helper()
	server, err := devstack.StartRedisServer(t.TempDir())
	if err == nil {
		t.Cleanup(server.Close)
		return "redis://" + server.Addr + "/0"
	}
	if !errors.Is(err, devstack.ErrNoRedisServer) || os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	embedded, err := devstack.StartRedis()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(embedded.Close)
	return "redis://" + embedded.Addr() + "/0"
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := child.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func waitFor(t *testing.T, within time.Duration, what string, condition func() bool) {
	t.Helper()
	if err := child.Until(t.Context(), within, what, condition); err != nil {
		t.Fatal(err)
	}
}

func (w *world) config() app.Config {
	return app.Config{
		Stores: app.Stores{
			NATSURL: w.nats.URL(), RedisURL: w.redisURL, SecretKeys: []string{w.key}, Replicas: 1, Prefix: "journeyhook",
			DuplicateWindow: 5 * time.Minute, Provision: true, EgressAllowHTTP: true,
		},
		MaxInFlight: 256, EgressAllow: []string{"127.0.0.0/8"}, AdminAddr: "127.0.0.1:0",
		ShutdownGrace: 10 * time.Second, NotificationWindow: 15 * time.Minute, LogLevel: "info", LogFormat: "json",
	}
}

// runningWorker is a worker in this process.
type runningWorker struct {
	admin string
	logs  *devstack.Log
	stop  func()
}

// run starts a worker in this process and waits until it is ready.
func (w *world) run(edit ...func(*app.Config)) *runningWorker {
	w.t.Helper()
	r := w.runUnready(edit...)
	waitFor(w.t, 15*time.Second, "a ready worker", func() bool { return app.Probe(w.t.Context(), r.admin) == nil })
	return r
}

func (w *world) runUnready(edit ...func(*app.Config)) *runningWorker {
	w.t.Helper()
	cfg := w.config()
	for _, e := range edit {
		e(&cfg)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	r := &runningWorker{admin: l.Addr().String(), logs: &devstack.Log{}}
	worker := &app.Worker{Config: cfg, Log: zerolog.New(r.logs), Admin: l}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- worker.Run(ctx) }()
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				w.t.Errorf("worker: %v", err)
			}
		})
	}
	w.t.Cleanup(r.stop)
	return r
}

// store saves definitions as hookctl would.
func (w *world) store() *webhooks.Store {
	w.t.Helper()
	kv, err := w.js.KeyValue(w.t.Context(), w.names.WebhooksBucket())
	if err != nil {
		w.t.Fatal(err)
	}
	keys, err := schema.ParseKeys([]string{w.key})
	if err != nil {
		w.t.Fatal(err)
	}
	return &webhooks.Store{KV: kv, Keys: keys, Check: (&dispatcher.Dispatcher{AllowHTTP: true}).Check}
}

func (w *world) save(id, method, path string, edit ...func(*schema.Webhook)) {
	w.t.Helper()
	h := schema.NewWebhook()
	h.Project, h.ID, h.Name, h.Method, h.Endpoint = "acme", id, id, method, w.endpoint.URL+path
	for _, e := range edit {
		e(h)
	}
	h.Normalize()
	if _, _, err := w.store().Put(w.t.Context(), h); err != nil {
		w.t.Fatalf("%s: %v", id, err)
	}
}

func oneSecond(w *schema.Webhook) { w.Retry.Delay = schema.Duration(time.Second) }

func step(id, webhook string) schema.Step {
	return schema.Step{
		ID: id, ProjectID: "acme", WorkflowID: 12345, Tile: schema.Tile{ID: "7", Type: schema.CallWebhook}, WebhookID: webhook,
		User:    schema.User{Email: "pat@example.com", UserID: "u_1", Profile: json.RawMessage(`{"firstName":"Pat"}`)},
		Trigger: schema.Trigger{DataFields: json.RawMessage(`{"promotionId":123}`)}, ReachedAt: time.Now().UTC(),
	}
}

func (w *world) send(steps ...schema.Step) {
	w.t.Helper()
	for _, s := range steps {
		data, err := json.Marshal(s)
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.js.PublishAsync(w.names.StepSubject(s.ProjectID, s.WebhookID), data, jetstream.WithMsgID(s.Key()), jetstream.WithStallWait(30*time.Second)); err != nil {
			w.t.Fatal(err)
		}
	}
	select {
	case <-w.js.PublishAsyncComplete():
	case <-time.After(30 * time.Second):
		w.t.Fatal("the steps were not stored within 30 s")
	}
}

func (w *world) messages(stream string) uint64 {
	s, err := w.js.Stream(w.t.Context(), stream)
	if err != nil {
		return 0
	}
	return s.CachedInfo().State.Msgs
}

// results waits for n results; each step must have exactly one.
func (w *world) results(n int, within time.Duration) map[string]schema.Result {
	w.t.Helper()
	waitFor(w.t, within, fmt.Sprintf("%d results", n), func() bool { return w.messages(w.names.Results()) >= uint64(n) })
	out := w.ended()
	if len(out) != n {
		w.t.Errorf("%d steps have results, want %d", len(out), n)
	}
	return out
}

// read is every message of a stream.
func (w *world) read(stream string) [][]byte {
	w.t.Helper()
	s, err := w.js.Stream(w.t.Context(), stream)
	if err != nil {
		w.t.Fatal(err)
	}
	left := s.CachedInfo().State.Msgs
	cons, err := s.OrderedConsumer(w.t.Context(), jetstream.OrderedConsumerConfig{})
	if err != nil {
		w.t.Fatal(err)
	}
	var out [][]byte
	for left > 0 {
		batch, err := cons.Fetch(int(min(left, 1000)), jetstream.FetchMaxWait(5*time.Second))
		if err != nil {
			w.t.Fatal(err)
		}
		for msg := range batch.Messages() {
			out = append(out, msg.Data())
			left--
		}
		if batch.Error() != nil {
			w.t.Fatal(batch.Error())
		}
	}
	return out
}

var (
	buildOnce   sync.Once
	workerPath  string
	errBuilding error
)

// workerBinary builds cmd/worker once.
func workerBinary(t *testing.T) string {
	t.Helper()
	buildOnce.Do(func() {
		dir, err := os.MkdirTemp("", "journeyhook-worker-")
		if err != nil {
			errBuilding = err
			return
		}
		workerPath = filepath.Join(dir, "worker")
		out, err := exec.Command("go", "build", "-o", workerPath, "github.com/journeyhook/journeyhook/cmd/worker").CombinedOutput()
		if err != nil {
			errBuilding = fmt.Errorf("%w: %s", err, out)
		}
	})
	if errBuilding != nil {
		t.Fatal(errBuilding)
	}
	return workerPath
}

func TestMain(m *testing.M) {
	code := m.Run()
	if workerPath != "" {
		_ = os.RemoveAll(filepath.Dir(workerPath))
	}
	os.Exit(code)
}

// process is a worker of its own.
type process struct {
	*child.Process
	admin  string
	output *devstack.Log
}

func (w *world) start(env ...string) *process {
	w.t.Helper()
	p := &process{admin: fmt.Sprintf("127.0.0.1:%d", freePort(w.t)), output: &devstack.Log{}}
	cmd := exec.Command(workerBinary(w.t))
	cmd.Env = append([]string{
		"JOURNEYHOOK_NATS_URL=" + w.nats.URL(), "JOURNEYHOOK_REDIS_URL=" + w.redisURL, "JOURNEYHOOK_SECRET_KEYS=" + w.key,
		"JOURNEYHOOK_EGRESS_ALLOW=127.0.0.0/8", "JOURNEYHOOK_EGRESS_ALLOW_HTTP=true", "JOURNEYHOOK_ADMIN_ADDR=" + p.admin,
		"JOURNEYHOOK_LOG_LEVEL=warn",
	}, env...)
	cmd.Stdout, cmd.Stderr = p.output, p.output
	var err error
	if p.Process, err = child.Start("a worker", cmd); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(p.Kill)
	return p
}

func (w *world) startReady(env ...string) *process {
	w.t.Helper()
	p := w.start(env...)
	waitFor(w.t, 20*time.Second, "a ready worker process", func() bool { return app.Probe(w.t.Context(), p.admin) == nil })
	return p
}

// reconnect makes the world talk to another server.
func (w *world) reconnect(server *devstack.NATS) {
	w.t.Helper()
	var err error
	if w.nc, err = nats.Connect(server.URL()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.nc.Close)
	if w.js, err = jetstream.New(w.nc); err != nil {
		w.t.Fatal(err)
	}
	w.nats = server
}

// ended are the results so far, by step. No step may have two.
func (w *world) ended() map[string]schema.Result {
	w.t.Helper()
	out := map[string]schema.Result{}
	for _, data := range w.read(w.names.Results()) {
		var r schema.Result
		if err := json.Unmarshal(data, &r); err != nil {
			w.t.Fatal(err)
		}
		if _, twice := out[r.StepID]; twice {
			w.t.Errorf("step %s has two results", r.StepID)
		}
		out[r.StepID] = r
	}
	return out
}

// page is what a worker's own page says.
func page(admin, path string) string {
	resp, err := http.Get("http://" + admin + path)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return string(text)
}
