package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// fetch adds up to n messages to the queue.
func (d *drain) fetch(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	c := d.backlog.consumer
	if d.pulls == nil {
		if err := d.bind(ctx); err != nil {
			return err
		}
	}
	pulls := d.pulls
	batch, err := pulls.FetchNoWait(n)
	if err != nil {
		return fmt.Errorf("consumer: fetch from the backlog: %w", err)
	}
	var old []*held
	var known *memory
	for msg := range batch.Messages() {
		if known == nil {
			known = c.remember(pulls, &d.memory)
		}
		h := &held{consumer: c, msg: msg, memory: known, recall: func() { c.remember(pulls, &d.memory) }, progress: schema.ReadProgress(msg.Headers())}
		if !c.beats.add(h) {
			continue
		}
		d.queue = append(d.queue, h)
		if h.old {
			old = append(old, h)
		}
	}
	if len(old) > 0 && sabotage != withoutBeats { // now, so that none is late for its slot
		c.claim(old)
		for _, h := range old {
			h.old = false
		}
	}
	return batch.Error()
}

// bind makes the webhook's consumer, or finds it. What it has delivered is kept in a file: a server that forgets
// it delivers anew what was under way, as if for the first time.
func (d *drain) bind(ctx context.Context) error {
	c := d.backlog.consumer
	select {
	case d.backlog.binding <- struct{}{}:
		defer func() { <-d.backlog.binding }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	pulls, err := c.JS.CreateOrUpdateConsumer(ctx, c.Names.Backlog(), jetstream.ConsumerConfig{
		Durable: drainName(d.project, d.webhook), FilterSubject: c.Names.BacklogSubject(d.project, d.webhook),
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: c.AckWait, MaxAckPending: drainAckWindow, InactiveThreshold: drainIdle,
	})
	if err != nil {
		return fmt.Errorf("consumer: bind the backlog of %s/%s: %w", d.project, d.webhook, err)
	}
	d.pulls = pulls
	c.remember(pulls, &d.memory)
	if pulls.CachedInfo().Delivered.Consumer == 0 {
		d.memory.known(time.Time{}) // it is new, and nothing was delivered
	}
	return nil
}

// drainName is of no other webhook: ids have hyphens, and no equals signs.
func drainName(project, webhook string) string { return "drain-" + project + "=" + webhook }

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
