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

// stepsPerRun keeps the steps of runs with one server apart from those with three.
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
	began := time.Now()
	for n := 0; time.Since(began) < o.length || !closed(calm); {
		for due := int(time.Since(began).Seconds() * float64(o.rate)); n < due; n++ {
			select {
			case room <- struct{}{}:
			case <-ctx.Done():
				return
			}
			number, webhook := o.nodes*stepsPerRun+n, o.pick(n, rng.IntN(1000))
			sending.Go(func() {
				defer func() { <-room }()
				w.publishStep(ctx, number, webhook)
			})
		}
		if pause(ctx, tick) != nil {
			return
		}
	}
}

func (w *world) publishStep(ctx context.Context, number int, webhook string) {
	s := stepOf(number, webhook)
	data, err := json.Marshal(s)
	if err != nil {
		w.ledger.complain(err)
		return
	}
	w.ledger.tried(s.ID, webhook)
	for ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := w.js.PublishMsg(try, &nats.Msg{
			Subject: w.names.StepSubject(project, webhook), Data: newer(data), Header: nats.Header{newerHeader: {s.ID}},
		}, jetstream.WithMsgID(s.Key()))
		cancel()
		if err == nil {
			w.ledger.acked(s.ID)
			return
		}
		if pause(ctx, 100*time.Millisecond) != nil {
			return
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
