package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/child"
)

// How the producer repeats steps that were acknowledged, as one does that crashed before it noted that.
const (
	againShare     = 50 // of a thousand steps
	againSoonest   = 2 * time.Second
	againLatest    = 20 * time.Second
	againShortRun  = 8 * time.Second         // the latest of a short run
	againWithin    = duplicateWindow * 5 / 6 // of the first publish: no repetition is stored after the window
	againRestarted = 100                     // steps are repeated as soon as NATS is back
	againConnected = 20 * time.Second        // within which the producer must be, after NATS is back
)

// published is a step as the producer sent it.
type published struct {
	id, key, subject string
	data             []byte
	tried            time.Time
}

// waits says after how long each step is published again, 0 for never.
func (o options) waits() func() time.Duration {
	rng := rand.New(rand.NewPCG(o.seed, 2))
	latest := againLatest
	if o.short() {
		latest = againShortRun
	}
	return func() time.Duration {
		if rng.IntN(1000) >= againShare {
			return 0
		}
		return againSoonest + time.Duration(rng.Int64N(int64(latest-againSoonest)))
	}
}

// connectProducer makes the connection that repetitions go by. It keeps nothing while NATS is away, so that none
// is stored after the window.
func (w *world) connectProducer() error {
	nc, err := nats.Connect(w.stores.NATSURL, nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.ReconnectBufSize(-1), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		return err
	}
	w.again, err = jetstream.New(nc)
	return err
}

// publishAgain publishes a step once more, until that is stored or the window is nearly over.
func (w *world) publishAgain(ctx context.Context, p published) {
	for ctx.Err() == nil && time.Since(p.tried) < againWithin {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		sent := time.Now()
		_, err := w.again.PublishMsg(try, &nats.Msg{
			Subject: p.subject, Data: p.data, Header: nats.Header{newerHeader: {p.id}},
		}, jetstream.WithMsgID(p.key), jetstream.WithRetryAttempts(0))
		cancel()
		if err == nil {
			w.ledger.repeated(p.id, sent)
			return
		}
		_ = pause(ctx, 100*time.Millisecond)
	}
}

// publishLatelyAgain repeats steps that were answered before NATS ended, as soon as it is back.
func (w *world) publishLatelyAgain(ctx context.Context) {
	if child.Until(ctx, againConnected, "the producer connected again", w.again.Conn().IsConnected) != nil {
		return // what is not met is said by the rule of reach
	}
	for _, p := range w.ledger.answeredLately(againRestarted) {
		w.publishAgain(ctx, p)
	}
}

// sent notes what may be published again within the window.
func (l *ledger) sent(p published) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lately = append(l.lately, p)
	for len(l.lately) > 0 && time.Since(l.lately[0].tried) > againWithin {
		l.lately = l.lately[1:]
	}
}

// answeredLately are up to n of the steps that were sent lately and answered 200 at least a moment ago.
func (l *ledger) answeredLately(n int) (some []published) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range slices.Backward(l.lately) {
		calls := l.stories[p.id].Calls
		if len(calls) == 0 || calls[len(calls)-1].Status != 200 || time.Since(calls[len(calls)-1].Ended) < againSoonest {
			continue
		}
		if some = append(some, p); len(some) == n {
			break
		}
	}
	return some
}

func (l *ledger) repeated(id string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stories[id].Again = append(l.stories[id].Again, at)
}

// Repeated is how often the producer published steps again.
type Repeated struct {
	Times    int
	Ended    int // whose result was stored before
	Restarts int // of these, steps that had ended before a lone or whole NATS was started again, less than the window ago
}

func (r *Record) published() (n Repeated) {
	for _, s := range r.Stories {
		for _, at := range s.Again {
			n.Times++
			if len(s.Results) == 0 || at.Before(s.Results[0].At) {
				continue
			}
			n.Ended++
			if slices.ContainsFunc(r.Faults, func(f Fault) bool {
				return f.Kind.restartsNATS() && s.Results[0].At.Before(f.From) && at.After(f.Until) && at.Sub(f.Until) < duplicateWindow
			}) {
				n.Restarts++
			}
		}
	}
	return n
}

func (k Kind) restartsNATS() bool { return k == NATSKill || k == NATSRestart || k == NATSLag }
