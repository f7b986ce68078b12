package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// world is what a run happens in. Each part has a lock, so that one fault at a time hurts it.
type world struct {
	dir, binary, self, key string
	log                    string

	natsMu   sync.Mutex
	nats     *process
	natsPort int

	redisMu   sync.Mutex
	redis     *process        // nil when there is no redis-server
	embedded  *devstack.Redis // instead
	redisAddr string
	redisPort int

	workers  []*worker
	hooksMu  map[string]*sync.Mutex
	endpoint *devstack.Endpoint
	tokens   *devstack.TokenServer
	ledger   *ledger

	nc       *nats.Conn
	js       jetstream.JetStream
	names    schema.Names
	stores   app.Stores
	store    *webhooks.Store
	starts   int // of workers; guarded by startsMu
	startsMu sync.Mutex
}

// worker is one place a worker process runs in.
type worker struct {
	mu    sync.Mutex
	name  string
	admin string
	*process
}

// build makes a world with everything up, ready for steps. Close it also after an error.
func build(ctx context.Context, o options) (*world, error) {
	w := &world{key: schema.NewKey(), log: o.log, ledger: newLedger(), hooksMu: map[string]*sync.Mutex{}}
	var err error
	if w.dir, err = os.MkdirTemp("", "journeyhook-chaos-"); err != nil {
		return w, err
	}
	if w.self, err = os.Executable(); err != nil {
		return w, err
	}
	w.binary = filepath.Join(w.dir, "worker")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", w.binary, "github.com/journeyhook/journeyhook/cmd/worker").CombinedOutput(); err != nil {
		return w, fmt.Errorf("build cmd/worker: %w\n%s", err, out)
	}
	w.tokens, w.endpoint = devstack.StartTokenServer(), devstack.StartEndpoint()
	w.endpoint.Valid, w.endpoint.NoRecord = w.tokens.Valid, true
	w.endpoint.Notify(w.ledger.called)
	for _, step := range []func(context.Context) error{w.buildNATS, w.startRedis, w.saveHooks} {
		if err := step(ctx); err != nil {
			return w, err
		}
	}
	return w, w.buildWorkers(ctx, o.workers)
}

func (w *world) buildNATS(ctx context.Context) error {
	var err error
	if w.natsPort, err = freePort(); err != nil {
		return err
	}
	if err := w.startNATS(ctx); err != nil {
		return err
	}
	w.stores = app.Stores{
		NATSURL: fmt.Sprintf("nats://127.0.0.1:%d", w.natsPort), Replicas: 1, Prefix: "journeyhook",
		DuplicateWindow: 5 * time.Minute, EgressAllowHTTP: true,
	}
	w.names = w.stores.Names()
	w.nc, err = nats.Connect(w.stores.NATSURL, nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // a broken connection is what we want
	if err != nil {
		return err
	}
	if w.js, err = jetstream.New(w.nc); err != nil {
		return err
	}
	return app.Provision(ctx, w.js, w.stores)
}

func (w *world) startNATS(ctx context.Context) error {
	var err error
	w.nats, err = start(w.dir, "nats", nil, w.self, "-role", "nats", "-port", fmt.Sprint(w.natsPort), "-dir", filepath.Join(w.dir, "jetstream"))
	if err != nil {
		return err
	}
	return listening(ctx, w.natsPort)
}

// startRedis starts a real redis-server where there is one, always empty and always on the same port.
func (w *world) startRedis(ctx context.Context) error {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if w.embedded == nil {
			w.embedded, err = devstack.StartRedis()
			if err == nil {
				w.redisAddr = w.embedded.Addr()
			}
			return err
		}
		w.embedded.FlushAll()
		return w.embedded.Restart()
	}
	if w.redisPort == 0 {
		if w.redisPort, err = freePort(); err != nil {
			return err
		}
		w.redisAddr = fmt.Sprintf("127.0.0.1:%d", w.redisPort)
	}
	w.redis, err = start(w.dir, "redis", nil, path, "--port", fmt.Sprint(w.redisPort), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", w.dir)
	if err != nil {
		return err
	}
	return listening(ctx, w.redisPort)
}

func (w *world) stopRedis() {
	if w.redis == nil {
		w.embedded.Miniredis.Close()
		return
	}
	_ = w.redis.end(syscall.SIGKILL, 5*time.Second)
}

func (w *world) saveHooks(ctx context.Context) error {
	keys, err := schema.ParseKeys([]string{w.key})
	if err != nil {
		return err
	}
	kv, err := w.js.KeyValue(ctx, w.names.WebhooksBucket())
	if err != nil {
		return err
	}
	w.store = &webhooks.Store{KV: kv, Keys: keys}
	for _, h := range hooks {
		w.hooksMu[h.id] = &sync.Mutex{}
		if _, err := w.store.Create(ctx, w.definition(h.id, h.path)); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) definition(id, path string) *schema.Webhook {
	return definition(id, w.endpoint.URL+path, w.tokens.URL+"/token")
}

func (w *world) buildWorkers(ctx context.Context, n int) error {
	for i := range n {
		port, err := freePort()
		if err != nil {
			return err
		}
		k := &worker{name: fmt.Sprintf("worker-%d", i), admin: fmt.Sprintf("127.0.0.1:%d", port)}
		w.workers = append(w.workers, k)
		if err := w.startWorker(k); err != nil {
			return err
		}
	}
	return w.ready(ctx, w.workers...)
}

func (w *world) startWorker(k *worker) error {
	w.startsMu.Lock()
	w.starts++
	w.startsMu.Unlock()
	var err error
	k.process, err = start(w.dir, k.name, []string{
		"JOURNEYHOOK_NATS_URL=" + w.stores.NATSURL, "JOURNEYHOOK_REDIS_URL=redis://" + w.redisAddr + "/0",
		"JOURNEYHOOK_SECRET_KEYS=" + w.key, "JOURNEYHOOK_EGRESS_ALLOW=127.0.0.0/8", "JOURNEYHOOK_EGRESS_ALLOW_HTTP=true",
		"JOURNEYHOOK_ADMIN_ADDR=" + k.admin, "JOURNEYHOOK_LOG_LEVEL=" + w.log, "JOURNEYHOOK_SHUTDOWN_GRACE=5s",
	}, w.binary)
	return err
}

// ready waits until the workers say they are.
func (w *world) ready(ctx context.Context, workers ...*worker) error {
	for _, k := range workers {
		if err := until(ctx, time.Minute, k.name+" ready", func() bool {
			probe, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			return app.Probe(probe, k.admin) == nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// close ends every process and returns what is wrong about how workers ended.
func (w *world) close() (trouble []string) {
	for _, k := range w.workers {
		if k.process == nil {
			continue
		}
		if err := k.end(syscall.SIGTERM, 15*time.Second); err != nil {
			trouble = append(trouble, err.Error())
		}
	}
	if w.nc != nil {
		w.nc.Close()
	}
	for _, p := range []*process{w.nats, w.redis} {
		if p != nil {
			_ = p.end(syscall.SIGKILL, 5*time.Second)
		}
	}
	if w.embedded != nil {
		w.embedded.Close()
	}
	if w.endpoint != nil {
		w.endpoint.CloseClientConnections()
		w.endpoint.Close()
		w.tokens.Close()
	}
	_ = os.RemoveAll(filepath.Join(w.dir, "jetstream"))
	_ = os.Remove(w.binary)
	return trouble
}
