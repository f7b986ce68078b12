package main

import (
	"math/rand/v2"
	"time"
)

// Kind is a kind of fault.
type Kind string

// The kinds of fault.
const (
	WorkerKill      Kind = "worker.kill"      // SIGKILL, started again after a while
	WorkerTerm      Kind = "worker.term"      // SIGTERM, started again after a while
	WorkerStop      Kind = "worker.stop"      // SIGSTOP, SIGCONT after a while
	NATSKill        Kind = "nats.kill"        // SIGKILL, started again on the same store
	NATSRestart     Kind = "nats.restart"     // SIGTERM, started again on the same store
	RedisRestart    Kind = "redis.restart"    // killed and started again at once, empty
	RedisAway       Kind = "redis.away"       // killed and started again after a while, empty
	WebhookEdit     Kind = "webhook.edit"     // another path
	WebhookPause    Kind = "webhook.pause"    // and resumed after a while
	WebhookRecreate Kind = "webhook.recreate" // deleted, and created again after a while
	TokenRevoke     Kind = "token.revoke"     // every token handed out so far
)

var kinds = []Kind{
	WorkerKill, WorkerTerm, WorkerStop, NATSKill, NATSRestart, RedisRestart, RedisAway,
	WebhookEdit, WebhookPause, WebhookRecreate, TokenRevoke,
}

const (
	firstFault = 2 * time.Second
	lastFault  = time.Second     // before the end
	longPlan   = 5 * time.Minute // from here on some stops are longer than the ack wait
	longStop   = 35 * time.Second
)

// Planned is a fault to be made.
type Planned struct {
	After  time.Duration // from the run's beginning
	Kind   Kind
	Target int // which worker, of those kinds that hit one
	For    time.Duration
}

// plan is the same for the same arguments. Kinds come in rounds, each round in an order of its own, so
// that a short plan has every kind too.
func plan(seed uint64, length time.Duration, workers int) []Planned {
	rng := rand.New(rand.NewPCG(seed, 0))
	between := func(from, to time.Duration) time.Duration { return from + time.Duration(rng.Int64N(int64(to-from))) }
	var all []Planned
	var round []Kind
	for at := firstFault; at < length-lastFault; at += between(time.Second, 3*time.Second) {
		if len(round) == 0 {
			round = append(round, kinds...)
			rng.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
		}
		p := Planned{After: at, Kind: round[0], Target: rng.IntN(workers)}
		round = round[1:]
		switch p.Kind {
		case WorkerKill, WorkerTerm, NATSKill, NATSRestart:
			p.For = between(0, 3*time.Second)
		case WorkerStop:
			p.For = between(time.Second, 8*time.Second)
			if length >= longPlan && rng.IntN(4) == 0 {
				p.For = longStop
			}
		case RedisAway, WebhookPause:
			p.For = between(2*time.Second, 8*time.Second)
		case WebhookRecreate:
			p.For = between(500*time.Millisecond, 3*time.Second)
		case RedisRestart, WebhookEdit, TokenRevoke:
		}
		all = append(all, p)
	}
	return all
}
