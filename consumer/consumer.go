// Package consumer turns each step into attempts on its webhook and, in the end, one result.
//
// A message ends in exactly one of these ways: settled (its result is published, then it is acked), moved
// (published to its next place, then acked), buried (kept in DEAD; then settled, or only acked where nobody can
// tell whose step it is), only acked because its step has gone on without it, or given back. What is repeated
// after a crash carries the same ids, so it happens once for everyone else.
package consumer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
)

// Webhooks is where definitions come from.
type Webhooks interface {
	Lookup(project, webhook string) (*schema.Webhook, bool)
	// Fetch asks the bucket itself, for a webhook made a moment ago (C31).
	Fetch(ctx context.Context, project, webhook string) (*schema.Webhook, bool, error)
}

// Dispatcher makes one attempt. When ctx ended early its outcome is thrown away.
type Dispatcher interface {
	Dispatch(ctx context.Context, w *schema.Webhook, s *schema.Step) schema.Outcome
}

// Notifier takes notifications without ever making a step wait.
type Notifier interface {
	Raise(n schema.Notification)
}

// Tiles learns which tiles use a webhook, without ever making a step wait.
type Tiles interface {
	Learn(s *schema.Step)
}

// Consumer works off steps and due retries. Set the fields, then call Bind, and Run once.
type Consumer struct {
	JS         jetstream.JetStream
	Names      schema.Names
	Webhooks   Webhooks
	Dispatcher Dispatcher
	Notifier   Notifier
	Tiles      Tiles
	Limits     Limits       // nil: every limit is held as if many workers shared it
	Takes      Takes        // nil: a step that ends its workers is tried for ever
	Blocked    func() error // why no step may be attempted now, as something was lost in NATS; may be nil
	Metrics    *Metrics
	Log        zerolog.Logger
	Worker     string // this worker's name, in attempt records
	Heals      bool   // make consumers anew that were deleted

	MaxInFlight   int           // calls at once; 1024
	MaxHeld       int64         // bytes of the messages held at once; an eighth of GOMEMLIMIT, from 16 to 64 MiB
	AckWait       time.Duration // must be the consumers' own; 30s
	ShutdownGrace time.Duration // for calls in flight when Run is asked to stop; 25s

	sources   []*source
	gate      gate
	headroom  *headroom
	rates     rates
	quotas    quotas
	backlog   backlog
	footprint footprint
	beats     heartbeats
	roll      together[*held] // of those the server has to be told about
	past      *past
	updates   *past // of profiles
	strays    strays

	steps     jetstream.Stream
	window    time.Duration // in which STEPS knows ids
	home      memory        // of the server that this worker is connected to, where that keeps everything
	ids       *memory       // of the server that knows the ids of steps
	witnesses witnesses

	records  records
	troubles troubles // in the log
	tell     func(ctx context.Context, all []*held, word []byte) error
	running  atomic.Bool
	suspects chan struct{} // holds the one that is handled

	soft context.Context // ends when no new call may start
	hard context.Context // ends when calls in flight are cut off
	last context.Context // ends when publishes and acks are given up
	crew *crew
}

// Bind looks up the durable consumers that provisioning made. It comes before Run, and may be tried again.
func (c *Consumer) Bind(ctx context.Context) error {
	c.MaxInFlight = cmp.Or(c.MaxInFlight, 1024)
	c.AckWait = cmp.Or(c.AckWait, 30*time.Second)
	c.ShutdownGrace = cmp.Or(c.ShutdownGrace, 25*time.Second)
	steps, err := c.bind(ctx, c.Names.Steps(), schema.StepsConsumer, nil, 2*c.MaxInFlight)
	if err != nil {
		return err
	}
	if c.steps, err = c.JS.Stream(ctx, c.Names.Steps()); err != nil {
		return fmt.Errorf("consumer: look up %s: %w", c.Names.Steps(), err)
	}
	c.window = c.steps.CachedInfo().Config.Duplicates
	sources := []*source{steps}
	for _, lane := range schema.Lanes {
		s, err := c.bind(ctx, c.Names.Retries(), schema.LaneConsumer(lane), &lane, c.laneHolds())
		if err != nil {
			return err
		}
		sources = append(sources, s)
	}
	c.sources = sources
	return nil
}

func (c *Consumer) bind(ctx context.Context, stream, durable string, lane *schema.Lane, holds int) (*source, error) {
	cons, err := c.JS.Consumer(ctx, stream, durable)
	if err != nil {
		return nil, fmt.Errorf("consumer: bind %s on %s: %w", durable, stream, err)
	}
	queue, err := c.JS.Stream(ctx, stream)
	if err != nil {
		return nil, fmt.Errorf("consumer: look up %s: %w", stream, err)
	}
	s := &source{
		consumer: c, stream: stream, durable: durable, lane: lane,
		holds: make(chan struct{}, holds), acks: acks{c, make(chan *held, holds)},
	}
	s.recall = func() { c.remember(s.pulls(), &s.memory) }
	s.bind(cons, cons.CachedInfo().Created.Sub(queue.CachedInfo().Created) < c.AckWait)
	return s, nil
}

// Run works until ctx ends. Then it stops pulling, gives back what was not started, and lets calls finish within
// the grace.
func (c *Consumer) Run(ctx context.Context) {
	c.footprint.most = cmp.Or(c.MaxHeld, footprintFor(memoryLimit()))
	c.headroom = newHeadroom(c.laneHolds(), laterMost(c.MaxInFlight))
	c.gate.budget, c.gate.headroom, c.beats.every = c.MaxInFlight, c.headroom, c.AckWait/3
	c.tell = c.tellServer
	archive := streamArchive{js: c.JS, steps: c.Names.Steps(), log: c.Log, windows: &sync.Map{}}
	strict := archive
	strict.strict = true
	c.past = &past{trails: trailsOfMessages(c.Names), archive: archive}
	c.updates = &past{trails: trailsOfUpdates(c.Names), archive: archive}
	c.strays = strays{consumer: c, past: &past{trails: trailsOfStrays(c.Names), archive: strict}}
	shared := &sharedLimits{limits: c.Limits, log: c.Log, failed: c.Metrics.limitFailures.Inc}
	c.rates.limits, c.quotas.limits, c.quotas.gate = shared, shared, &c.gate
	c.backlog.begin(ctx, c)
	c.soft, c.crew, c.suspects = ctx, newCrew(), make(chan struct{}, 1)
	c.records.sample = make(chan *nats.Msg)
	last, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	hard, cut := context.WithCancel(last)
	defer cut()
	c.hard, c.last = hard, last
	c.witnesses.archive, c.witnesses.stream, c.witnesses.window = archive, c.Names.Steps(), c.window
	if c.ids = new(memory); c.oneServer() {
		c.ids = &c.home
	}
	c.recall(ctx)
	c.running.Store(true)
	defer c.running.Store(false)

	var background sync.WaitGroup
	beating, stopBeating := context.WithCancel(context.WithoutCancel(ctx))
	c.beats.glance(time.Now()) // what is read before the first tick may have waited, too
	background.Go(func() { c.beats.run(beating, c.renew) })
	var pulling, acking sync.WaitGroup
	for _, s := range c.sources {
		pulling.Go(func() { s.pull(ctx) })
		acking.Go(s.acks.run)
	}
	pulling.Go(func() { c.backlog.run(ctx) })
	pulling.Go(func() { c.backlog.tidyUp(ctx) })
	pulling.Go(func() { c.quotas.run(ctx) })
	pulling.Go(func() { c.headroom.run(ctx) })
	pulling.Go(func() { c.strays.run(ctx, c.sources) })
	pulling.Go(func() { orphans{c}.run(ctx) })
	pulling.Go(func() { c.rememberAll(ctx) })
	pulling.Go(func() { c.sampleRecords(ctx) })
	pulling.Go(func() { afterOutages(ctx, c.JS.Conn(), c.publishKept) })
	<-ctx.Done()
	cutting := time.AfterFunc(c.ShutdownGrace, cut)
	ending := time.AfterFunc(c.ShutdownGrace+settleGrace, giveUp)
	pulling.Wait()
	c.crew.finish()
	c.endRecords()
	for _, s := range c.sources {
		close(s.acks.queue)
	}
	acking.Wait()
	cutting.Stop()
	ending.Stop()
	stopBeating()
	background.Wait()
}

// settleGrace is how long results of calls that ended within the grace may take to be stored.
const settleGrace = 3 * time.Second

// Ready says why the consumer is not at work, nil when it is.
func (c *Consumer) Ready() error {
	if !c.running.Load() {
		return errors.New("consumers are not bound yet")
	}
	for _, s := range c.sources {
		if err := s.lacks(); err != nil {
			return err
		}
	}
	return errors.Join(c.backlog.refusals.now(), c.Metrics.stuck.ready(c.Names.Attempts()))
}

// laneHolds is how many messages of one lane this worker takes up at once.
func (c *Consumer) laneHolds() int { return max(c.MaxInFlight/4, 1) }
