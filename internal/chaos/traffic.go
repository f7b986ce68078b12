package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// stepsPerRun keeps the steps of a run's parts apart.
const stepsPerRun = 10_000_000

// unstored is how many steps may wait for their acknowledgement; beyond it publishing stalls.
const unstored = 5000

// publish sends steps at the rate for the time, and then until calm is closed, so that a part's recovery
// shows. Each is repeated under its id until it is stored. It returns when all are; ctx gives up.
func (w *world) publish(ctx context.Context, o options, calm <-chan struct{}) {
	rng := rand.New(rand.NewPCG(o.seed, 1))
	var sending sync.WaitGroup
	defer sending.Wait()
	room := make(chan struct{}, unstored)
	const tick = 10 * time.Millisecond
	wait := o.waits()
	began := time.Now()
	for n := 0; time.Since(began) < o.length || !closed(calm); {
		for due := int(time.Since(began).Seconds() * float64(o.rate)); n < due; n++ {
			select {
			case room <- struct{}{}:
			case <-ctx.Done():
				return
			}
			number, webhook := (o.nodes+o.copies())*stepsPerRun+n, o.pick(n, rng.IntN(1000))
			again := wait()
			if time.Since(began)+again > o.length {
				again = 0
			}
			sending.Go(func() {
				p, stored := w.publishStep(ctx, number, webhook)
				<-room
				if stored && again > 0 && pause(ctx, again) == nil {
					w.publishAgain(ctx, p)
				}
			})
		}
		if pause(ctx, tick) != nil {
			return
		}
	}
}

// publishStep reports whether the step is stored.
func (w *world) publishStep(ctx context.Context, number int, webhook string) (p published, stored bool) {
	s := stepOf(number, webhook)
	data, err := json.Marshal(s)
	if err != nil {
		w.ledger.complain(err)
		return p, false
	}
	p = published{id: s.ID, key: s.Key(), subject: w.names.StepSubject(project, webhook), data: newer(data), tried: time.Now()}
	w.ledger.tried(s.ID, webhook)
	for ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := w.js.PublishMsg(try, &nats.Msg{
			Subject: p.subject, Data: p.data, Header: nats.Header{newerHeader: {p.id}},
		}, jetstream.WithMsgID(p.key))
		cancel()
		if err == nil {
			w.ledger.acked(s.ID)
			w.ledger.sent(p)
			return p, true
		}
		_ = pause(ctx, 100*time.Millisecond)
	}
	return p, false
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
