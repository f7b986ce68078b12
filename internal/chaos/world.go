package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// world is what a run happens in. Each part has a lock, so that one fault at a time hurts it.
type world struct {
	dir, self, key string
	binary, older  string // the worker, and an older version of it
	operator       string // hookctl
	run            options

	natsMu sync.Mutex
	nodes  []*node

	redisMu   sync.Mutex
	redis     *child.Process
	redisPort int

	farMu sync.Mutex
	far   *link // the way to the endpoint of one webhook

	workers  []*worker
	hooksMu  map[string]*sync.Mutex
	endpoint *devstack.Endpoint
	unruly   *unruly
	tokens   *devstack.TokenServer
	ledger   *ledger

	nc     *nats.Conn
	js     jetstream.JetStream
	again  jetstream.JetStream // of the producer that repeats steps
	names  schema.Names
	stores app.Stores
	store  *webhooks.Store
}

// build makes a world with everything up, ready for steps. Close it also after an error.
func build(ctx context.Context, o options) (*world, error) {
	w := &world{key: schema.NewKey(), run: o, ledger: newLedger(), hooksMu: map[string]*sync.Mutex{}}
	var err error
	if w.dir, err = os.MkdirTemp("", "journeyhook-chaos-"); err != nil {
		return w, err
	}
	if w.self, err = os.Executable(); err != nil {
		return w, err
	}
	if err := w.buildPrograms(ctx, o); err != nil {
		return w, err
	}
	w.tokens, w.endpoint = devstack.StartTokenServer(), devstack.StartEndpoint()
	w.endpoint.Valid, w.endpoint.NoRecord = w.tokens.Valid, true
	w.endpoint.Notify(w.ledger.called)
	if w.unruly, err = newUnruly(w.dir, w.ledger); err != nil {
		return w, err
	}
	if w.far, err = newLink(hookFar, w.endpoint.Listener.Addr().String()); err != nil {
		return w, err
	}
	for _, step := range []func(context.Context) error{w.buildNATS, w.startRedis, w.saveHooks} {
		if err := step(ctx); err != nil {
			return w, err
		}
	}
	if err := w.watchMoves(); err != nil {
		return w, err
	}
	return w, w.buildWorkers(ctx)
}

// duplicateWindow is as short as a worker accepts, so that nothing here rests on it alone.
const duplicateWindow = time.Minute

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
	to := w.endpoint.URL
	switch {
	case id == hookFar:
		to = "http://" + w.far.addr()
	case overHTTP2(id):
		to = w.unruly.url(id)
	}
	return w.run.definition(id, to+path, w.tokens.URL+"/token")
}

// close ends every process and returns what is wrong about how workers ended.
func (w *world) close() (trouble []string) {
	for _, k := range w.workers {
		if k.Process == nil {
			continue
		}
		if err := k.End(syscall.SIGTERM, 15*time.Second); err != nil {
			trouble = append(trouble, err.Error())
		}
	}
	if w.nc != nil {
		w.nc.Close()
	}
	if w.again != nil {
		w.again.Conn().Close()
	}
	processes := []*child.Process{w.redis}
	for _, n := range w.nodes {
		processes = append(processes, n.Process)
	}
	for _, p := range processes {
		if p != nil {
			p.Kill()
		}
	}
	for _, l := range w.links() {
		l.close()
	}
	if w.unruly != nil {
		w.unruly.close()
	}
	if w.endpoint != nil {
		w.endpoint.CloseClientConnections()
		w.endpoint.Close()
		w.tokens.Close()
	}
	for _, n := range w.nodes {
		_ = os.RemoveAll(filepath.Join(w.dir, fmt.Sprintf("jetstream-%d", n.port)))
	}
	_ = os.Remove(w.binary)
	_ = os.Remove(w.older)
	_ = os.Remove(w.operator)
	_ = os.Remove(filepath.Join(w.dir, "time.go"))
	return trouble
}

func (w *world) links() []*link {
	all := []*link{}
	if w.far != nil {
		all = append(all, w.far)
	}
	for _, n := range w.nodes {
		for _, l := range n.ways {
			all = append(all, l.link)
		}
	}
	for _, k := range w.workers {
		all = append(append(all, k.nats...), k.redis)
	}
	return all
}
