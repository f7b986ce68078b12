package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
)

// worker is one place a worker process runs in.
type worker struct {
	mu    sync.Mutex
	name  string
	ahead time.Duration // of its clock
	admin string
	nats  []*link // its ways to NATS, one for each server
	redis *link
	newer bool    // runs the newer program
	peak  float64 // of its processes' memory, in 10^6 bytes
	*child.Process
}

func (w *world) buildWorkers(ctx context.Context) error {
	for i := range w.run.workers {
		port, err := child.FreePort()
		if err != nil {
			return err
		}
		k := &worker{name: fmt.Sprintf("worker-%d", i), ahead: w.run.ahead(i), admin: fmt.Sprintf("127.0.0.1:%d", port)}
		if k.redis, err = newLink(k.name+"-redis", w.redisAddr()); err != nil {
			return err
		}
		for _, n := range w.nodes {
			l, err := newLink(k.name, fmt.Sprintf("127.0.0.1:%d", n.port))
			if err != nil {
				return err
			}
			if l.always = guards[w.run.guard].slowNATS; l.always > 0 {
				if err := l.slow(l.always); err != nil {
					return err
				}
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
		"JOURNEYHOOK_NATS_URL=" + strings.Join(urls, ","), "JOURNEYHOOK_REDIS_URL=redis://" + k.redis.addr() + "/0",
		"SABOTAGE=" + w.run.guard, clockVariable + "=" + fmt.Sprint(int(k.ahead.Seconds())), "JOURNEYHOOK_REPLICAS=" + fmt.Sprint(w.run.copies()), "JOURNEYHOOK_DUPLICATE_WINDOW=" + duplicateWindow.String(),
		"JOURNEYHOOK_SECRET_KEYS=" + w.key, "JOURNEYHOOK_EGRESS_ALLOW=127.0.0.0/8", "JOURNEYHOOK_EGRESS_ALLOW_HTTP=true", "JOURNEYHOOK_EGRESS_CA=" + w.unruly.ca,
		"JOURNEYHOOK_ADMIN_ADDR=" + k.admin, "JOURNEYHOOK_LOG_LEVEL=" + w.run.log, "JOURNEYHOOK_SHUTDOWN_GRACE=5s", "JOURNEYHOOK_NOTIFICATION_WINDOW=" + noticeWindow.String(),
	}, program))
	if err == nil {
		w.ledger.started(k.PID(), k.ahead)
	}
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

// metric is the value of a worker's metric that has no labels.
func (k *worker) metric(ctx context.Context, name string) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+k.admin+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("%s does not say its %s", k.name, name)
}

// measure notes the most memory that the process ever had. The caller holds mu.
func (k *worker) measure() { k.peak = max(k.peak, k.PeakRSS()*(1<<20)/1e6) }

// hurtWorker stands one still, or ends it and starts it again, as another version in an upgrade.
func (w *world) hurtWorker(ctx context.Context, p Planned) (Fault, error) {
	k := w.workers[p.Target]
	k.mu.Lock()
	defer k.mu.Unlock()
	k.measure()
	if p.Kind == WorkerNap {
		if err := w.renew(ctx, k); err != nil {
			return Fault{Kind: p.Kind, Target: k.name, From: time.Now(), Until: time.Now()}, err
		}
		_ = pause(ctx, p.Wait)
	}
	f := Fault{Kind: p.Kind, Target: k.name, PID: k.PID(), From: time.Now()}
	if f.stops() {
		k.Signal(syscall.SIGSTOP)
		_ = pause(ctx, p.For)
		k.Signal(syscall.SIGCONT)
		f.Until = time.Now()
	} else {
		signal := syscall.SIGTERM
		if p.Kind == WorkerKill {
			signal = syscall.SIGKILL
		}
		if err := k.End(signal, 15*time.Second); err != nil {
			w.ledger.complain(err)
		}
		_ = pause(ctx, p.For)
		if p.Kind == WorkerUpgrade {
			k.newer = !k.newer
		}
		f.Until = time.Now()
		if err := w.startWorker(k); err != nil {
			return f, err
		}
	}
	err := w.ready(ctx, k)
	f.Recovered = time.Since(f.Until)
	return f, err
}

// renew ends a worker cleanly and starts it again at once, which is a fault of its own.
func (w *world) renew(ctx context.Context, k *worker) error {
	f := Fault{Kind: WorkerTerm, Target: k.name, PID: k.PID(), From: time.Now()}
	if err := k.End(syscall.SIGTERM, 15*time.Second); err != nil {
		w.ledger.complain(err)
	}
	f.Until = time.Now()
	err := w.startWorker(k)
	if err == nil {
		err = w.ready(ctx, k)
	}
	f.Recovered = time.Since(f.Until)
	w.ledger.fault(f)
	return err
}
