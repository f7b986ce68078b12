package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
)

// worker is one place a worker process runs in.
type worker struct {
	mu    sync.Mutex
	name  string
	admin string
	nats  []*link // its ways to NATS, one for each server
	newer bool    // runs the newer program
	peak  atomic.Int64
	*child.Process
}

func (w *world) buildWorkers(ctx context.Context, n int) error {
	for i := range n {
		port, err := child.FreePort()
		if err != nil {
			return err
		}
		k := &worker{name: fmt.Sprintf("worker-%d", i), admin: fmt.Sprintf("127.0.0.1:%d", port)}
		for _, n := range w.nodes {
			l, err := newLink(k.name, fmt.Sprintf("127.0.0.1:%d", n.port))
			if err != nil {
				return err
			}
			k.nats = append(k.nats, l)
		}
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
	var urls []string
	for _, l := range k.nats {
		urls = append(urls, "nats://"+l.addr())
	}
	program := w.older
	if k.newer {
		program = w.binary
	}
	var err error
	k.Process, err = w.start(k.name, child.Command([]string{
		"JOURNEYHOOK_NATS_URL=" + strings.Join(urls, ","), "JOURNEYHOOK_REDIS_URL=redis://" + w.redisLink.addr() + "/0",
		"SABOTAGE=" + w.guard, "JOURNEYHOOK_REPLICAS=" + fmt.Sprint(len(w.nodes)), "JOURNEYHOOK_DUPLICATE_WINDOW=" + duplicateWindow.String(),
		"JOURNEYHOOK_SECRET_KEYS=" + w.key, "JOURNEYHOOK_EGRESS_ALLOW=127.0.0.0/8", "JOURNEYHOOK_EGRESS_ALLOW_HTTP=true",
		"JOURNEYHOOK_ADMIN_ADDR=" + k.admin, "JOURNEYHOOK_LOG_LEVEL=" + w.log, "JOURNEYHOOK_SHUTDOWN_GRACE=5s",
	}, program))
	return err
}

// ready waits until the workers say they are.
func (w *world) ready(ctx context.Context, workers ...*worker) error {
	for _, k := range workers {
		if err := child.Until(ctx, recoverWithin, k.name+" ready", func() bool {
			probe, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			return app.Probe(probe, k.admin) == nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) hurtWorker(ctx context.Context, p Planned) (Fault, error) {
	k := w.workers[p.Target]
	k.mu.Lock()
	defer k.mu.Unlock()
	f := Fault{Kind: p.Kind, Target: k.name, From: time.Now()}
	if p.Kind == WorkerStop {
		k.Signal(syscall.SIGSTOP)
		err := pause(ctx, p.For)
		k.Signal(syscall.SIGCONT)
		f.Until = time.Now()
		if err == nil {
			err = w.ready(ctx, k)
		}
		f.Recovered = time.Since(f.Until)
		return f, err
	}
	signal := syscall.SIGKILL
	if p.Kind == WorkerTerm {
		signal = syscall.SIGTERM
	}
	if err := k.End(signal, 15*time.Second); err != nil {
		w.ledger.complain(err)
	}
	_ = pause(ctx, p.For)
	return w.startAgain(ctx, k, f)
}

// upgrade ends a worker and starts it again as another version, so that old and new ones stand side by
// side.
func (w *world) upgrade(ctx context.Context, p Planned) (Fault, error) {
	k := w.workers[p.Target]
	k.mu.Lock()
	defer k.mu.Unlock()
	f := Fault{Kind: p.Kind, Target: k.name, From: time.Now()}
	if err := k.End(syscall.SIGTERM, 15*time.Second); err != nil {
		w.ledger.complain(err)
	}
	k.newer = !k.newer
	return w.startAgain(ctx, k, f)
}

// startAgain starts a worker that was ended, and waits until it is ready.
func (w *world) startAgain(ctx context.Context, k *worker, f Fault) (Fault, error) {
	f.Until = time.Now()
	if err := w.startWorker(k); err != nil {
		return f, err
	}
	err := w.ready(ctx, k)
	f.Recovered = time.Since(f.Until)
	return f, err
}
