package consumer

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// drain works off one webhook's backlog as the gate and the webhook's limits have room for it.
type drain struct {
	backlog          *backlog
	project, webhook string
	pulls            jetstream.Consumer
	memory           memory
	queue            []*held       // fetched, and waiting for their slots
	window           window        // of calls that were paced
	told             atomic.Int64  // the size last notified of
	more             chan struct{} // has something when this worker moved a step here

	turn   bool         // it may fetch
	began  time.Time    // its turn
	flying atomic.Int32 // steps that were started and have not ended
	full   bool         // the gate had no room
	gone   time.Time    // when the bucket last said that there is no such webhook
}

const (
	drainBatch     = 64
	drainPause     = 20 * time.Millisecond // between two looks for room
	drainRest      = lookEvery / 2         // the longest between two looks for steps, while others are at work on the last
	drainAckWindow = 1000                  // of one webhook's backlog, over all workers
	drainIdle      = 5 * time.Minute       // after which the server removes a consumer that nobody uses
	pacedLeast     = 4                     // of a rate-limited webhook's steps are fetched at once, or half a second's
	pacedSlow      = 1.0                   // calls a second; up to that rate a step is fetched when its slot comes, and none ahead
)

// run ends when the backlog is empty or ctx ends.
func (d *drain) run(ctx context.Context) {
	defer d.backlog.remove(d)
	defer d.endTurn()
	defer d.giveBack()
	c := d.backlog.consumer
	rest := drainPause
	for c.whenBack(ctx) {
		hook, open := d.hook(ctx)
		if !open {
			d.giveBack()
			d.yield(ctx)
			pause(ctx, lookEvery)
			continue
		}
		work := d.free
		if hook.Limits.Rate > 0 {
			work = d.paced
			d.endTurn()
		} else if waited, over := d.takeTurn(ctx); over {
			return
		} else if waited {
			continue
		}
		c.quotas.ensure(ctx, hook)
		some, err := work(ctx, hook)
		switch {
		case err != nil:
			c.refused(err)
			d.pulls = nil // deleted, or the server is away: begin anew
			d.endTurn()
			pause(ctx, lookEvery)
		case !some && d.empty(ctx):
			d.backlog.keep(ctx, d)
			return
		case !some:
			d.rest(ctx, rest)
			rest = min(2*rest, drainRest)
		default:
			rest = drainPause
		}
		if d.turn && len(d.queue) == 0 && (d.turnOver() || d.full && d.contended()) && d.yield(ctx) {
			return
		}
	}
}

// hook is the webhook as it is now. open is false while its steps have to wait: it is paused, its secrets can't be opened
// here (C43), or nobody can tell whether it is gone (C31).
func (d *drain) hook(ctx context.Context) (hook *schema.Webhook, open bool) {
	c := d.backlog.consumer
	hook, known := c.Webhooks.Lookup(d.project, d.webhook)
	if !known && time.Since(d.gone) > lookEvery {
		var err error
		if hook, err = c.lookup(ctx, d.project, d.webhook); err != nil {
			return nil, false
		}
		if hook == nil {
			d.gone = time.Now()
		}
	}
	if hook == nil {
		return &schema.Webhook{Project: d.project, ID: d.webhook}, true // gone: its steps end without a call
	}
	return hook, !waits(hook)
}

// waits reports whether a webhook's steps wait, whatever room there is.
func waits(hook *schema.Webhook) bool { return hook.State == schema.Paused || hook.Locked }

// rest waits, or until this worker has moved a step here.
func (d *drain) rest(ctx context.Context, most time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	select {
	case <-d.more:
	case <-ctx.Done():
	}
}

// free starts as many steps as there is room for. It reports false when nothing was there to start.
func (d *drain) free(ctx context.Context, hook *schema.Webhook) (some bool, err error) {
	c := d.backlog.consumer
	room := c.gate.reserve(hook, drainBatch)
	if d.full = len(room) == 0; d.full {
		pause(ctx, drainPause)
		return true, nil
	}
	err = d.fetch(ctx, max(len(room)-len(d.queue), 0))
	for _, leave := range room {
		if len(d.queue) == 0 {
			leave(nil)
			continue
		}
		some = true
		d.start(leave)
	}
	return some, err
}

// paced starts one step at the time of its slot. Steps are fetched ahead, so that no slot passes while one
// is on its way; where slots are rare, the step is fetched at its slot, so that none waits here for long.
func (d *drain) paced(ctx context.Context, hook *schema.Webhook) (some bool, err error) {
	c := d.backlog.consumer
	d.full = false
	slow := hook.Limits.Rate <= pacedSlow
	ahead := min(max(int(hook.Limits.Rate/2), pacedLeast), drainBatch)
	if !slow && len(d.queue) <= ahead/2 {
		if err := d.fetchInTurn(ctx, ahead-len(d.queue)); err != nil {
			return true, err
		}
	}
	if len(d.queue) == 0 && (!slow || d.pulls != nil && d.empty(ctx)) {
		return false, nil
	}
	if d.window.fit(hook.Limits.Rate) {
		pause(ctx, rand.N(min(d.window.gap(), lookEvery))) // or webhooks that are found together are called together
	}
	at, ok := c.rates.claim(ctx, hook, max(len(d.queue), 1), false)
	if !ok {
		if d.idle() && (d.window.gap() > drainSpare || d.backlog.refusals.now() != nil) {
			d.tidy(ctx) // others may need it
		}
		pause(ctx, min(max(time.Until(at), drainPause/4), lookEvery))
		return true, nil
	}
	if free := d.window.free(); at.Before(free) {
		at = free
	}
	pause(ctx, time.Until(at))
	if len(d.queue) == 0 {
		if err := d.fetchInTurn(ctx, 1); err != nil || len(d.queue) == 0 {
			return false, err
		}
	}
	for patient := max(slotLife, d.window.gap()/25); ctx.Err() == nil && time.Since(at) < patient; {
		if room := c.gate.reserve(hook, 1); len(room) > 0 {
			d.window.begin(time.Now())
			d.start(room[0])
			return true, nil
		}
		pause(ctx, drainPause/4)
	}
	return true, nil
}

// start hands the first of the queue to a goroutine of its own.
func (d *drain) start(room leave) {
	h := d.queue[0]
	d.queue = d.queue[1:]
	h.room = room
	d.flying.Add(1)
	h.consumer.crew.run(func() {
		defer d.flying.Add(-1)
		h.consumer.work(h, func() { h.consumer.handle(h) })
	})
}

// giveBack lets other workers have what was fetched and not started.
func (d *drain) giveBack() {
	for _, h := range d.queue {
		h.giveBack(0)
	}
	d.queue = nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
