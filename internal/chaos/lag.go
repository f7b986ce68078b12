package main

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/journeyhook/journeyhook/internal/child"
)

const (
	lagLeast = 10 * time.Second // that the oldest step waits in STEPS when NATS is killed
	lagFor   = 12 * time.Second // that all workers stand still
	lagSome  = 2 * time.Second  // in which they take up some of what waits
)

// lagNATS kills NATS while workers take up steps that waited for long: all stand still for a while before. That is a
// fault of its own of each worker.
func (w *world) lagNATS(ctx context.Context, p Planned) (Fault, error) {
	w.natsMu.Lock()
	defer w.natsMu.Unlock()
	f := Fault{Kind: p.Kind, Target: "nats", From: time.Now()}
	var stops []Fault
	for _, k := range w.workers {
		k.mu.Lock()
		defer k.mu.Unlock()
		stops = append(stops, Fault{Kind: WorkerStop, Target: k.name, PID: k.PID(), From: time.Now()})
		k.Signal(syscall.SIGSTOP)
	}
	_ = pause(ctx, lagFor)
	waiting, _, err := w.waitingSteps(ctx)
	for i, k := range w.workers {
		k.Signal(syscall.SIGCONT)
		stops[i].Until = time.Now()
	}
	if err != nil {
		return f, err
	}
	_ = child.Until(ctx, lagSome, "some steps taken up", func() bool {
		now, _, err := w.waitingSteps(ctx)
		return err == nil && now < waiting*2/3
	})
	_, oldest, err := w.waitingSteps(ctx)
	f.From = time.Now()
	f.Lag = f.From.Sub(oldest)
	for _, s := range stops {
		s.Recovered = f.From.Sub(s.Until)
		w.ledger.fault(s)
	}
	if err := errors.Join(err, w.startAnew(ctx, syscall.SIGKILL, p.For, w.nodes)); err != nil {
		return f, err
	}
	f.Until = time.Now()
	w.publishLatelyAgain(ctx)
	return f, w.recovered(ctx, &f, hookSteady)
}

// waitingSteps is how many steps STEPS has, and when the oldest was stored; now where there is none.
func (w *world) waitingSteps(ctx context.Context) (n uint64, oldest time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, looksWithin)
	defer cancel()
	s, err := w.js.Stream(ctx, w.names.Steps())
	if err != nil {
		return 0, time.Now(), err
	}
	state := s.CachedInfo().State
	if state.Msgs == 0 {
		return 0, time.Now(), nil
	}
	return state.Msgs, state.FirstTime, nil
}
