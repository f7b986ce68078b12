package consumer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// Strays are messages that are stored and that their consumer will never deliver (again): it counts everything up
// to a later one as acked. A server that was killed keeps some that were acked; one that takes over from another
// may have passed over some that were not. Every worker looks for them now and then. What has gone on is removed;
// what has not is stored once more, behind the others.

const (
	strayMost   = 1000               // looked at in one go
	strayOldest = 6 * 24 * time.Hour // results of older ones may be gone, so nobody can tell
)

// sweepAll looks for strays of the durable consumers until ctx ends, about every two AckWaits. The backlog's are
// looked for when a drain ends.
func (c *Consumer) sweepAll(ctx context.Context, sources []*source) {
	for {
		if pause(ctx, c.AckWait+rand.N(2*c.AckWait)); ctx.Err() != nil {
			return
		}
		for _, s := range sources {
			c.sweep(ctx, s.stream, s.durable)
		}
	}
}

// sweep looks for the strays of one consumer.
func (c *Consumer) sweep(ctx context.Context, stream, durable string) {
	ctx, cancel := context.WithTimeout(ctx, pastPatience)
	defer cancel()
	if err := c.sweepOnce(ctx, stream, durable); err != nil && ctx.Err() == nil {
		c.Log.Warn().Err(err).Str("stream", stream).Str("consumer", durable).Msg("can't look for strayed messages; it is tried again")
	}
}

func (c *Consumer) sweepOnce(ctx context.Context, stream, durable string) error {
	cons, err := c.JS.Consumer(ctx, stream, durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s, err := c.JS.Stream(ctx, stream)
	if err != nil {
		return err
	}
	info := cons.CachedInfo()
	subject, next := info.Config.FilterSubject, s.CachedInfo().State.FirstSeq
	if subject == "" {
		subject = ">"
	}
	for range strayMost {
		msg, err := s.GetMsg(ctx, next, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		age := time.Since(msg.Time)
		if msg.Sequence > info.AckFloor.Stream || age < 4*c.AckWait {
			return nil
		}
		if age < strayOldest {
			if err := c.bringBack(ctx, s, msg); err != nil {
				return err
			}
		}
		next = msg.Sequence + 1
	}
	return nil
}

// bringBack ends one stray. The copy has an id of its own, so that two workers that find it store one.
func (c *Consumer) bringBack(ctx context.Context, s jetstream.Stream, msg *jetstream.RawStreamMsg) error {
	step, _ := schema.DecodeStep(msg.Data)
	if step.ID == "" || step.ProjectID == "" {
		return nil // whose it is can't be read; it is harmless where it is
	}
	progress := schema.ReadProgress(msg.Header)
	q := c.question(&step, progress.Move, msg.Time)
	if err := c.past.ask(ctx, q); err != nil {
		return err
	}
	was := strayAcked
	if !q.gone {
		was = strayPassedOver
		progress.Move++
		if _, err := c.JS.PublishMsg(ctx, moved(msg.Header, msg.Data, msg.Subject, step.Key(), progress)); err != nil {
			return fmt.Errorf("consumer: store a strayed step: %w", err)
		}
		c.Log.Warn().Str("project", step.ProjectID).Str("webhook", step.WebhookID).Str("step", step.ID).Msg("NATS had passed over this step; it is stored once more")
	}
	if err := s.DeleteMsg(ctx, msg.Sequence); err != nil {
		if _, there := s.GetMsg(ctx, msg.Sequence); errors.Is(there, jetstream.ErrMsgNotFound) {
			return nil // another worker was quicker
		}
		return fmt.Errorf("consumer: remove a strayed message: %w", err)
	}
	c.Metrics.strays.WithLabelValues(was).Inc()
	return nil
}

// What strays were.
const (
	strayAcked      = "acked"
	strayPassedOver = "passed_over"
)
