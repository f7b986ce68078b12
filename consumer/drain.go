package consumer

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// drain works off one webhook's backlog as the gate has room for it.
type drain struct {
	backlog          *backlog
	project, webhook string
	pulls            jetstream.Consumer
	told             atomic.Int64 // the size last notified of
}

const (
	drainBatch     = 64
	drainPause     = 20 * time.Millisecond // between two looks for room
	drainAckWindow = 1000                  // of one webhook's backlog, over all workers
	drainIdle      = 30 * time.Second      // after which the server removes an unused consumer
)

// run ends when the backlog is empty or ctx ends.
func (d *drain) run(ctx context.Context) {
	defer d.backlog.remove(d)
	c := d.backlog.consumer
	for ctx.Err() == nil {
		hook, known := c.Webhooks.Lookup(d.project, d.webhook)
		if known && hook.State == schema.Paused {
			pause(ctx, lookEvery)
			continue
		}
		if !known {
			hook = &schema.Webhook{Project: d.project, ID: d.webhook} // gone: its steps end without a call
		}
		room := c.gate.reserve(hook, drainBatch)
		if len(room) == 0 {
			pause(ctx, drainPause)
			continue
		}
		used, err := d.batch(ctx, room)
		for _, unused := range room[used:] {
			unused(nil)
		}
		if err != nil {
			d.pulls = nil // deleted, or the server is away: begin anew
			pause(ctx, lookEvery)
			continue
		}
		if used == 0 {
			if d.empty(ctx) {
				return
			}
			pause(ctx, drainPause)
		}
	}
}

// batch fetches what there is room for and starts it. Each message takes one of the room's leaves.
func (d *drain) batch(ctx context.Context, room []leave) (used int, err error) {
	c := d.backlog.consumer
	if d.pulls == nil {
		if err := d.bind(ctx); err != nil {
			return 0, err
		}
	}
	batch, err := d.pulls.FetchNoWait(len(room))
	if err != nil {
		return 0, err
	}
	for msg := range batch.Messages() {
		leave := room[used]
		used++
		h := &held{consumer: c, msg: msg, progress: schema.ReadProgress(msg.Headers()), room: leave}
		if ctx.Err() != nil {
			h.giveBack(0)
			leave(nil)
			continue
		}
		if !c.beats.add(h) {
			leave(nil)
			continue
		}
		c.crew.run(func() { c.handle(h) })
	}
	return used, batch.Error()
}

// bind makes the webhook's consumer, or finds it.
func (d *drain) bind(ctx context.Context) error {
	c := d.backlog.consumer
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	pulls, err := c.JS.CreateOrUpdateConsumer(ctx, c.Names.Backlog(), jetstream.ConsumerConfig{
		Durable: "drain-" + d.project + "-" + d.webhook, FilterSubject: c.Names.BacklogSubject(d.project, d.webhook),
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: c.AckWait, MaxAckPending: drainAckWindow, InactiveThreshold: drainIdle,
	})
	if err != nil {
		return fmt.Errorf("consumer: bind the backlog of %s/%s: %w", d.project, d.webhook, err)
	}
	d.pulls = pulls
	return nil
}

// empty reports whether nothing waits and nobody is at work on the rest.
func (d *drain) empty(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	info, err := d.pulls.Info(ctx)
	if err != nil {
		d.pulls = nil
		return false
	}
	return info.NumPending == 0 && info.NumAckPending == 0
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
