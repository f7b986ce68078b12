package consumer

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	drainPatience = 5 * time.Second  // for what is asked of the server about one consumer
	drainStill    = 30 * time.Second // a consumer that is about to be removed delivers nothing for so long
	untidyLasts   = 10 * time.Minute // after nobody answered, or this user may not pause consumers
	drainSpare    = 10 * time.Second // a consumer whose backlog is empty is kept for so long
)

// tidy removes the webhook's consumer if no message of it is under way at any worker. A consumer made anew delivers
// everything as if for the first time, so no worker may get a message between the look and the removal: the consumer is
// paused before. A server that can't pause one (before 2.11) removes it when it was idle for long. tidy reports whether
// nothing waits, either.
func (d *drain) tidy(ctx context.Context) (over bool) {
	c := d.backlog.consumer
	if d.backlog.untidy.Ahead() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, drainPatience)
	defer cancel()
	info, ok := d.info(ctx)
	if !ok || info.NumAckPending > 0 {
		return false
	}
	began := time.Now()
	paused, err := c.JS.PauseConsumer(ctx, c.Names.Backlog(), info.Name, began.Add(drainStill))
	if err != nil {
		d.pulls = nil
		if api := (*jetstream.APIError)(nil); !errors.As(err, &api) {
			d.backlog.untidy.Set(time.Now().Add(untidyLasts))
		}
		return false
	}
	if !paused.Paused {
		return false // the server's clock is far ahead
	}
	if info, ok = d.info(ctx); !ok {
		return false
	}
	if info.NumAckPending == 0 && time.Since(began) < drainStill/3 {
		d.pulls = nil // whatever the answer is, the next turn looks for it
		err = c.JS.DeleteConsumer(ctx, c.Names.Backlog(), info.Name)
		return err == nil && info.NumPending == 0
	}
	if _, err = c.JS.ResumeConsumer(ctx, c.Names.Backlog(), info.Name); err != nil { // somebody was faster
		d.pulls = nil
	}
	return false
}

// spare is a consumer whose backlog is empty. A webhook that falls behind now and then has it again soon.
type spare struct {
	drain *drain
	since time.Time
}

// keep keeps a drain's consumer for a moment, or removes it at once when there are many of them.
func (b *backlog) keep(ctx context.Context, d *drain) {
	b.mu.Lock()
	room := len(b.spares) < drainTurns && !d.contended() && ctx.Err() == nil
	if room {
		b.spares[d.key()] = spare{d, time.Now()}
	}
	b.mu.Unlock()
	if !room {
		d.tidy(ctx)
	}
}

// reuse takes the spare consumer of a webhook. The caller holds mu.
func (b *backlog) reuse(key string) jetstream.Consumer {
	one, there := b.spares[key]
	if !there {
		return nil
	}
	delete(b.spares, key)
	return one.drain.pulls
}

// tidyUp removes the spare consumers that nobody has needed for a while, until ctx ends.
func (b *backlog) tidyUp(ctx context.Context) {
	for b.consumer.whenBack(ctx) {
		b.mu.Lock()
		var old []*drain
		for key, one := range b.spares {
			if time.Since(one.since) > drainSpare {
				old = append(old, one.drain)
				delete(b.spares, key)
			}
		}
		b.mu.Unlock()
		for _, d := range old {
			d.tidy(ctx)
		}
		pause(ctx, lookEvery)
	}
}
