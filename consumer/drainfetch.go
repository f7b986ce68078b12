package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/sabotage"
	"github.com/journeyhook/journeyhook/schema"
)

// fetch adds up to n messages to the queue.
func (d *drain) fetch(ctx context.Context, n int) error {
	if n == 0 || d.turnOver() {
		return nil
	}
	c := d.backlog.consumer
	if d.pulls == nil {
		if err := d.bind(ctx); err != nil {
			return err
		}
	}
	if d.full = c.footprint.hogged(d.key()); d.full {
		return nil
	}
	left, n := d.reserve(ctx, n)
	if n == 0 {
		d.full = true
		return nil
	}
	defer func() { c.footprint.give(left) }()
	pulls := d.pulls
	batch, err := pulls.FetchNoWait(n)
	if err != nil {
		return fmt.Errorf("consumer: fetch from the backlog: %w", err)
	}
	var old []*held
	var known *memory
	recall := func() { c.remember(pulls, &d.memory) }
	for msg := range batch.Messages() {
		if known == nil {
			known = c.remember(pulls, &d.memory)
		}
		h := &held{consumer: c, msg: msg, memory: known, recall: recall, progress: schema.ReadProgress(msg.Headers())}
		if !c.beats.add(h) {
			continue
		}
		h.size = heldSize(msg.Headers(), msg.Data())
		left -= h.size
		d.queue = append(d.queue, h)
		if h.old {
			old = append(old, h)
		}
	}
	if len(old) > 0 && sabotage.Guard != sabotage.NoBeats { // now, so that none is late for its slot
		c.claim(old)
		for _, h := range old {
			h.old = false
		}
	}
	return batch.Error()
}

// reserve finds room for up to n messages, whatever their size. It waits for a moment only, since it may hold calls' room.
func (d *drain) reserve(ctx context.Context, n int) (got int64, fit int) {
	ctx, cancel := context.WithTimeout(ctx, drainPatience/20)
	defer cancel()
	m := &d.backlog.consumer.footprint
	got = m.reserve(ctx, largestHeld, min(int64(n)*largestHeld, m.most/2))
	return got, int(got / largestHeld)
}

// bind makes the webhook's consumer, or finds it. What it has delivered is kept in a file: a server that forgets
// it delivers anew what was under way, as if for the first time.
func (d *drain) bind(ctx context.Context) error {
	select {
	case d.backlog.binding <- struct{}{}:
		defer func() { <-d.backlog.binding }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, drainPatience)
	defer cancel()
	pulls, err := d.findConsumer(ctx)
	if err != nil {
		return fmt.Errorf("consumer: bind the backlog of %s/%s: %w", d.project, d.webhook, err)
	}
	d.pulls = pulls
	c := d.backlog.consumer
	c.remember(pulls, &d.memory)
	if pulls.CachedInfo().Delivered.Consumer == 0 {
		d.memory.known(time.Time{}) // it is new, and nothing was delivered
	}
	return nil
}

// findConsumer never changes a consumer that is there: another worker may just be about to remove it, and has paused it
// for that. Such a one is waited for.
func (d *drain) findConsumer(ctx context.Context) (jetstream.Consumer, error) {
	c := d.backlog.consumer
	name := drainName(d.project, d.webhook)
	for {
		pulls, err := c.JS.CreateConsumer(ctx, c.Names.Backlog(), jetstream.ConsumerConfig{
			Durable: name, FilterSubject: c.Names.BacklogSubject(d.project, d.webhook),
			AckPolicy: jetstream.AckExplicitPolicy, AckWait: c.AckWait, MaxAckPending: drainAckWindow, InactiveThreshold: drainIdle,
		})
		if !errors.Is(err, jetstream.ErrConsumerExists) {
			return pulls, err
		}
		pulls, err = c.JS.Consumer(ctx, c.Names.Backlog(), name)
		switch {
		case errors.Is(err, jetstream.ErrConsumerNotFound): // it is removed by now
		case err != nil:
			return nil, err
		case !pulls.CachedInfo().Paused:
			return pulls, nil
		}
		if pause(ctx, drainPause); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// drainName is of no other webhook: ids have hyphens, and no equals signs.
func drainName(project, webhook string) string { return "drain-" + project + "=" + webhook }

// empty reports whether nothing waits and nobody is at work on the rest.
func (d *drain) empty(ctx context.Context) bool {
	if d.pulls == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, drainPatience)
	defer cancel()
	info, ok := d.info(ctx)
	return ok && info.NumPending == 0 && info.NumAckPending == 0
}

// info is what the server says of the drain's consumer. One that it says nothing of is looked for anew.
func (d *drain) info(ctx context.Context) (info *jetstream.ConsumerInfo, ok bool) {
	info, err := d.pulls.Info(ctx)
	if err != nil {
		d.pulls = nil
		return nil, false
	}
	return info, true
}
