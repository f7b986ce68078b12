package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/journeyhook/journeyhook/internal/child"
)

// rehearsed is what a part of a run saw, and where its logs are.
type rehearsed struct {
	rec  *Record
	logs string
	err  error
}

// rehearseAll makes the parts of a run, one after the other. In a short run the next begins as soon as the faults of the
// one before are over, and what that waits for afterwards costs no time. After an error no other begins.
func rehearseAll(ctx context.Context, o options, progress io.Writer) []rehearsed {
	parts := o.parts()
	ends := make([]rehearsed, len(parts))
	var running sync.WaitGroup
	var failed atomic.Bool
	for i, part := range parts {
		if failed.Load() {
			ends = ends[:i]
			break
		}
		over := make(chan struct{})
		next := sync.OnceFunc(func() { close(over) })
		running.Go(func() {
			defer next()
			calm := func() {}
			if part.short() {
				calm = next
			}
			rec, logs, err := rehearse(ctx, part, progress, calm)
			if err != nil {
				failed.Store(true)
			}
			ends[i] = rehearsed{rec, logs, err}
		})
		<-over
	}
	running.Wait()
	return ends
}

// rehearse makes one part of a run. It calls calm when its faults are over.
func rehearse(ctx context.Context, o options, progress io.Writer, calm func()) (_ *Record, logs string, err error) {
	say := func(format string, args ...any) { fmt.Fprintf(progress, format+"\n", args...) }
	w, err := build(ctx, o)
	defer func() {
		if trouble := w.close(); err != nil && len(trouble) > 0 {
			err = fmt.Errorf("%w; %v; logs: %s", err, trouble, w.dir)
		}
	}()
	if err != nil {
		return nil, w.dir, err
	}
	say("%d workers, %d steps/s for %s, seed %d, logs in %s", o.workers, o.rate, o.length, o.seed, w.dir)
	dying, done := context.WithCancel(ctx)
	watching := w.watchWorkers(dying)
	// What is under way when the time is over gets as long again as the drain.
	limited, cancel := context.WithTimeout(ctx, o.length+2*o.drain+2*straysWithin+2*manyWithin)
	defer cancel()
	var running sync.WaitGroup
	hurt := make(chan struct{})
	running.Go(func() { w.publish(limited, o, hurt) })
	running.Go(func() {
		defer close(hurt)
		w.hurt(limited, o.plan(), say)
	})
	running.Wait()
	if o.many > 0 {
		say("faults are over; %d webhooks with a backlog each", o.many)
		if err := w.pileUp(limited, o); err != nil {
			w.ledger.complain(err)
		}
	}
	say("faults are over; waiting for the rest")
	calm()
	rec, err := w.collect(limited, o)
	done()
	<-watching
	if ctx.Err() != nil {
		return nil, w.dir, errors.Join(ctx.Err(), err)
	}
	return rec, w.dir, err
}

// What a worker may need, in 10^6 bytes: as promised while Redis and NATS are away, and under the mixed faults less than
// half of what the chart lets it have.
const (
	awayMemory  = 200
	mixedMemory = 256
)

func (o options) memory() float64 {
	if o.away {
		return awayMemory
	}
	return mixedMemory
}

// peak is the most memory any worker needed, in 10^6 bytes.
func (w *world) peak() (most float64) {
	for _, k := range w.workers {
		k.mu.Lock()
		k.measure()
		most = max(most, k.peak)
		k.mu.Unlock()
	}
	return most
}

// watchWorkers complains about workers that end though nobody asked them to, and keeps how much memory
// they need.
func (w *world) watchWorkers(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		told := map[*child.Process]bool{}
		for pause(ctx, 200*time.Millisecond) == nil {
			for _, k := range w.workers {
				if !k.mu.TryLock() {
					continue // a fault has it
				}
				p := k.Process
				k.measure()
				k.mu.Unlock()
				if err := p.EndedByItself(); err != nil && !told[p] {
					told[p] = true
					w.ledger.complain(err)
				}
			}
		}
	}()
	return done
}
