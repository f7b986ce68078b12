package main

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Kind is a kind of fault.
type Kind string

// The kinds of fault.
const (
	WorkerKill      Kind = "worker.kill"      // SIGKILL, started again after a while
	WorkerTerm      Kind = "worker.term"      // SIGTERM, started again after a while
	WorkerStop      Kind = "worker.stop"      // SIGSTOP, SIGCONT after a while
	WorkerNap       Kind = "worker.nap"       // started anew, and SIGSTOP before its first heartbeat
	WorkerUpgrade   Kind = "worker.upgrade"   // SIGTERM, started again as another version
	NATSKill        Kind = "nats.kill"        // SIGKILL of all servers, started again on the same store
	NATSRestart     Kind = "nats.restart"     // SIGTERM of all servers, started again on the same store
	NATSAway        Kind = "nats.away"        // SIGKILL, away for longer than the ack wait and the duplicate window
	NATSLag         Kind = "nats.lag"         // SIGKILL of all servers while workers take up steps that waited for long
	NATSNode        Kind = "nats.node"        // SIGKILL of one server of three
	NATSStepDown    Kind = "nats.stepdown"    // the leaders of streams and consumers give up
	NATSRoute       Kind = "nats.route"       // routes of one server of three carry nothing, to one other or to both
	NATSFull        Kind = "nats.full"        // nothing can be stored for a while
	ConsumerDelete  Kind = "consumer.delete"  // that of STEPS, of a lane, or of a backlog
	RedisRestart    Kind = "redis.restart"    // killed and started again at once, empty
	RedisAway       Kind = "redis.away"       // killed and started again after a while, empty
	RedisFull       Kind = "redis.full"       // maxmemory reached, and nothing may be evicted
	RedisReadonly   Kind = "redis.readonly"   // a replica of a host that is not there
	RedisSlow       Kind = "redis.slow"       // 0.7 s each way
	LinkNATS        Kind = "link.nats"        // one worker's connections to NATS refused and reset
	LinkNATSSilent  Kind = "link.nats.silent" // one worker's connections to NATS carry nothing
	LinkNATSUp      Kind = "link.nats.up"     // what one worker sends to NATS does not arrive
	LinkNATSDown    Kind = "link.nats.down"   // what NATS sends to one worker does not arrive
	LinkNATSLate    Kind = "link.nats.late"   // between one worker and NATS everything arrives late, and at once
	LinkRedis       Kind = "link.redis"       // connections to Redis carry nothing
	LinkRedisOne    Kind = "link.redis.one"   // one worker's connections to Redis carry nothing
	LinkEndpoint    Kind = "link.endpoint"    // connections to one endpoint refused and reset
	LinkReset       Kind = "link.reset"       // connections to one endpoint reset at the first byte
	BucketLost      Kind = "bucket.lost"      // that of webhooks is deleted, and put back from a copy after a while
	WebhookEdit     Kind = "webhook.edit"     // another path
	WebhookPause    Kind = "webhook.pause"    // and resumed after a while
	WebhookRecreate Kind = "webhook.recreate" // deleted, and created again after a while
	TokenRevoke     Kind = "token.revoke"     // every token handed out so far
)

var kinds = []Kind{
	WorkerKill, WorkerTerm, WorkerStop, WorkerNap, WorkerUpgrade,
	NATSKill, NATSRestart, NATSAway, NATSLag, NATSNode, NATSStepDown, NATSRoute, NATSFull, ConsumerDelete,
	RedisRestart, RedisAway, RedisFull, RedisReadonly, RedisSlow,
	LinkNATS, LinkNATSSilent, LinkNATSUp, LinkNATSDown, LinkNATSLate, LinkRedis, LinkRedisOne, LinkEndpoint, LinkReset,
	BucketLost, WebhookEdit, WebhookPause, WebhookRecreate, TokenRevoke,
}

const (
	firstFault = 2 * time.Second
	lastFault  = time.Second     // before the end
	longPlan   = 5 * time.Minute // from here on some faults are longer than the ack wait
	longCut    = 40 * time.Second
	longPace   = 4400 * time.Millisecond // about, between two faults of a long plan
	longAway   = duplicateWindow + 20*time.Second
)

// leasts are how long a run must be for the kinds that take long.
var leasts = map[Kind]time.Duration{NATSAway: longPlan, NATSLag: unhurried, BucketLost: unhurried}

// kindsFor are the kinds that can be made with so many servers and replicas in the time.
func kindsFor(length time.Duration, nodes, replicas int) []Kind {
	least := map[Kind]int{NATSNode: 2, NATSRoute: 2, NATSStepDown: 2}
	return slices.DeleteFunc(slices.Clone(kinds), func(k Kind) bool {
		return nodes < least[k] || length < leasts[k] || k == NATSStepDown && replicas < 2 // without replicas nobody else can lead
	})
}

// Planned is a fault to be made.
type Planned struct {
	After  time.Duration // from the run's beginning
	Kind   Kind
	Target int           // which worker or consumer, of those kinds that hit one
	Wait   time.Duration // before it, from when the worker is ready
	For    time.Duration
}

// plan is the same for the same arguments. Kinds come in rounds, each round in an order of its own, so
// that a short plan has every kind too; kinds that were seen elsewhere come last in the first.
func plan(seed uint64, length time.Duration, workers, nodes, replicas int, seen ...Kind) []Planned {
	rng := rand.New(rand.NewPCG(seed, 0))
	within := func(from, to time.Duration) time.Duration { return from + time.Duration(rng.Int64N(int64(to-from))) }
	var all []Planned
	var round []Kind
	rounds, long, pace := 0, length >= longPlan, time.Second
	if long {
		pace = longPace
	}
	for at := firstFault; at < length-lastFault; at += within(pace/2, pace*3/2) {
		if len(round) == 0 {
			rounds++
			round = append(round, kindsFor(length, nodes, replicas)...)
			rng.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
			if rounds == 1 {
				slices.SortStableFunc(round, func(a, b Kind) int { return turn(a, seen) - turn(b, seen) })
			}
		}
		p := Planned{After: at, Kind: round[0], Target: rng.IntN(workers)}
		round = round[1:]
		switch p.Kind {
		case WorkerKill, WorkerTerm, NATSKill, NATSRestart, NATSLag, NATSNode, LinkEndpoint, LinkReset, LinkRedisOne:
			p.For = within(0, 3*time.Second)
		case WorkerStop, LinkNATS, LinkNATSSilent, LinkNATSUp, LinkNATSDown, LinkNATSLate, NATSRoute:
			p.For = within(time.Second, 8*time.Second)
			if long && rng.IntN(4) == 0 {
				p.For = longCut
			}
		case WorkerNap:
			p.Wait, p.For = within(2*time.Second, 9*time.Second), within(3*time.Second, 12*time.Second)
			if long && rng.IntN(3) == 0 {
				p.For = longCut
			}
		case ConsumerDelete:
			p.Target = (rounds - 1) % workers // that of STEPS first, and each in turn
		case NATSAway:
			if rounds%4 != 2 {
				continue // the others need NATS to be there
			}
			p.For = longAway
		case RedisAway, RedisFull, RedisReadonly, RedisSlow, LinkRedis, WebhookPause, BucketLost:
			p.For = within(2*time.Second, 8*time.Second)
		case NATSFull:
			p.For = within(time.Second, 4*time.Second)
		case WebhookRecreate:
			p.For = within(500*time.Millisecond, 3*time.Second)
		}
		all = append(all, p)
	}
	return all
}

// turn is when a kind comes in a part's first round: before those of the parts before it, and first of all where it takes
// longest.
func turn(k Kind, seen []Kind) (n int) {
	if k == WorkerNap {
		return -1
	}
	for _, other := range seen {
		if other == k {
			n++
		}
	}
	return n
}

// plan is the run's, without the kinds it leaves out.
func (o options) plan() []Planned {
	if o.away {
		return []Planned{
			{After: 5 * time.Second, Kind: RedisAway, For: 10 * time.Minute},
			{After: 90 * time.Second, Kind: NATSAway, For: 2 * time.Minute},
		}
	}
	if instead := guards[o.guard].plan; instead != nil {
		instead = slices.Clone(instead)
		for i := range instead {
			instead[i].Target %= o.workers
		}
		return instead
	}
	return slices.DeleteFunc(plan(o.seed, o.length, o.workers, o.nodes, o.copies(), o.seen...), func(p Planned) bool {
		once := p.Kind == ConsumerDelete && o.short() && slices.Contains(o.seen, p.Kind) // all other faults of NATS wait for it
		return once || len(o.only) > 0 && !slices.Contains(o.only, p.Kind)
	})
}
