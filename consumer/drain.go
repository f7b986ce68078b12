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
}

const (
	drainBatch     = 64
	drainPause     = 20 * time.Millisecond // between two looks for room
	drainRest      = lookEvery / 2         // the longest between two looks for steps, while others are at work on the last
	drainAckWindow = 1000                  // of one webhook's backlog, over all workers
	drainIdle      = time.Hour             // after which the server removes an unused consumer
	pacedLeast     = 4                     // of a rate-limited webhook's steps are fetched at once, or half a second's
)

// run ends when the backlog is empty or ctx ends.
func (d *drain) run(ctx context.Context) {
	defer d.backlog.remove(d)
	defer d.giveBack()
	c := d.backlog.consumer
	rest := drainPause
	for c.whenBack(ctx) {
		hook, known := c.Webhooks.Lookup(d.project, d.webhook)
		if known && hook.State == schema.Paused {
			d.giveBack()
			pause(ctx, lookEvery)
			continue
		}
		if !known {
			hook = &schema.Webhook{Project: d.project, ID: d.webhook} // gone: its steps end without a call
		}
		c.quotas.ensure(ctx, hook)
		work := d.free
		if hook.Limits.Rate > 0 {
			work = d.paced
		}
		some, err := work(ctx, hook)
		switch {
		case err != nil:
			d.pulls = nil // deleted, or the server is away: begin anew
			pause(ctx, lookEvery)
		case !some && d.empty(ctx):
			return
		case !some:
			d.rest(ctx, rest)
			rest = min(2*rest, drainRest)
		default:
			rest = drainPause
		}
	}
}

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
	if len(room) == 0 {
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
// is on its way.
func (d *drain) paced(ctx context.Context, hook *schema.Webhook) (some bool, err error) {
	c := d.backlog.consumer
	ahead := min(max(int(hook.Limits.Rate/2), pacedLeast), drainBatch)
	if len(d.queue) <= ahead/2 {
		if err := d.fetch(ctx, ahead-len(d.queue)); err != nil {
			return true, err
		}
	}
	if len(d.queue) == 0 {
		return false, nil
	}
	if d.window.fit(hook.Limits.Rate) {
		pause(ctx, rand.N(min(d.window.gap(), lookEvery))) // or webhooks that are found together are called together
	}
	at, ok := c.rates.claim(ctx, hook, len(d.queue), false)
	if !ok {
		pause(ctx, min(max(time.Until(at), drainPause/4), lookEvery))
		return true, nil
	}
	if free := d.window.free(); at.Before(free) {
		at = free
	}
	pause(ctx, time.Until(at))
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
	h.consumer.crew.run(func() { h.consumer.handle(h) })
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
