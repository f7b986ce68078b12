package consumer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/sabotage"
)

// A consumer that was deleted is made anew. The new one delivers everything that is stored as if for the first time, also
// what other workers have taken from the old one. So nobody pulls from it until nobody can be at work on that: whoever took
// something from the old one stops holding it a little earlier.

// bound is the consumer that a source pulls from.
type bound struct {
	mu      sync.Mutex
	cons    jetstream.Consumer
	renewed time.Time // when it was made, if something was delivered before; zero when it was always there
	missing time.Time // since when it is not found
}

func (b *bound) pulls() jetstream.Consumer {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cons
}

// bind makes a consumer the source's; first says that there was none before, ever. It reports whether it is another one than before.
func (b *bound) bind(cons jetstream.Consumer, first bool) (another bool) {
	created := cons.CachedInfo().Created
	b.mu.Lock()
	defer b.mu.Unlock()
	another = b.cons != nil && !created.Equal(b.cons.CachedInfo().Created)
	if another || b.cons == nil && !first {
		b.renewed = created
	}
	b.cons, b.missing = cons, time.Time{}
	return another
}

// predates reports whether the message could be delivered before its consumer was made. Of a backlog's nobody knows.
func (h *held) predates() bool {
	if h.source == nil || sabotage.Guard == sabotage.NoRenewal {
		return false
	}
	b := &h.source.bound
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.renewed.IsZero() && h.deliverable().Before(b.renewed.Add(clocksApart))
}

// others is how long other workers may still be at work on what they took from the consumer before.
func (s *source) others() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.renewed.IsZero() || sabotage.Guard == sabotage.NoRenewal {
		return 0
	}
	return time.Until(s.renewed.Add(s.consumer.AckWait + clocksApart))
}

// lost says that there is no such consumer. It reports whether that was known before.
func (b *bound) lost(now time.Time) (known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known = !b.missing.IsZero(); !known {
		b.missing = now
	}
	return known
}

// lacks is what the source waits for, nil when it has its consumer.
func (s *source) lacks() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.missing.IsZero() {
		return nil
	}
	return fmt.Errorf("the consumer %s of %s was deleted; steps wait there until it is made anew", s.durable, s.stream)
}

// mend waits a moment after a failed pull and finds the consumer again.
func (s *source) mend(ctx context.Context, err error) {
	c := s.consumer
	if c.away() != nil {
		s.failing = time.Time{} // it says nothing about the consumer
		return
	}
	if s.failing.IsZero() {
		s.failing = time.Now()
	}
	if times := c.troubles.again("pulls from " + s.stream); times > 0 {
		c.Log.Warn().Err(err).Str("stream", s.stream).Str("consumer", s.durable).Int("times", times).Msg("pull failed; trying again")
	}
	if pause(ctx, 500*time.Millisecond); ctx.Err() != nil {
		return
	}
	if errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, nats.ErrTimeout) {
		return
	}
	err = s.find(ctx)
	if err == nil || errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
		return
	}
	if time.Since(s.failing) > c.AckWait {
		s.revive(ctx, err)
	}
}

const findWait = 5 * time.Second

// find looks the consumer up, and makes it anew when it is gone.
func (s *source) find(ctx context.Context) error {
	c := s.consumer
	ctx, cancel := context.WithTimeout(ctx, findWait)
	defer cancel()
	cons, err := c.JS.Consumer(ctx, s.stream, s.durable)
	if err == nil {
		s.found(cons)
		return nil
	}
	if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("consumer: look for %s of %s: %w", s.durable, s.stream, err)
	}
	if known := s.lost(time.Now()); !known { // servers of a cluster may not agree for a moment
		c.Metrics.consumersLost.Inc()
		c.Log.Error().Str("stream", s.stream).Str("consumer", s.durable).Bool("made anew", c.Heals).Msg("the consumer was deleted; steps wait until it is made anew")
		return err
	}
	if !c.Heals || sabotage.Guard == sabotage.NoMending {
		return err
	}
	cons, err = c.JS.CreateOrUpdateConsumer(ctx, s.stream, s.pulls().CachedInfo().Config)
	if err != nil {
		if times := c.troubles.again("the consumer " + s.durable); times > 0 {
			c.Log.Error().Err(err).Str("stream", s.stream).Str("consumer", s.durable).Int("times", times).Msg("the consumer was deleted and can't be made anew; trying again")
		}
		return fmt.Errorf("consumer: make %s of %s: %w", s.durable, s.stream, err)
	}
	s.found(cons)
	return nil
}

// found takes in what a lookup brought. What came from another consumer before is held no longer than nobody else has it.
func (s *source) found(cons jetstream.Consumer) {
	c := s.consumer
	if !s.bind(cons, false) {
		return
	}
	created := cons.CachedInfo().Created
	c.beats.cutOff(s, created.Add(c.AckWait*5/6))
	c.Log.Warn().Str("stream", s.stream).Str("consumer", s.durable).Time("made", created).
		Msg("the consumer is a new one; steps wait until nobody can be at work on what the old one delivered")
}

// watch looks for the consumer now and then, since a pull may not meet its end.
func (s *source) watch(ctx context.Context) {
	if err := s.find(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		s.consumer.Log.Debug().Err(err).Msg("can't look for the consumer")
	}
}

// revive tells the servers of the consumer once more. When several of a cluster are killed and restarted within a
// second or so, two of three may forget a consumer; the third has no majority, and so nobody answers for it until all
// are told. What it has delivered is kept.
func (s *source) revive(ctx context.Context, why error) {
	c := s.consumer
	s.failing = time.Now()
	ctx, cancel := context.WithTimeout(ctx, findWait)
	defer cancel()
	_, err := c.JS.UpdateConsumer(ctx, s.stream, s.pulls().CachedInfo().Config)
	c.Log.Warn().Err(err).AnErr("why", why).Str("stream", s.stream).Str("consumer", s.durable).Msg("NATS does not find the consumer; it was told of it again")
}
