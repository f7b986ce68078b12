package consumer

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/moment"
	"github.com/journeyhook/journeyhook/schema"
)

// Limits holds webhooks' limits over all workers. Webhooks go by their keys.
type Limits interface {
	Reserve(ctx context.Context, webhook string, perSecond float64, n int, burst bool, ahead time.Duration) (schema.Slots, error)
	Share(ctx context.Context, webhook string, limit, holds, want int) (int, error)
}

const (
	limitPatience  = 500 * time.Millisecond // for an answer
	limitRest      = time.Second            // not asked for so long after it did not answer
	unknownWorkers = 10                     // assumed by a worker that never heard how many share a limit
)

var errLimitsAway = errors.New("nobody to ask about limits")

// sharedLimits asks Limits and leaves it alone for a moment when it does not answer.
type sharedLimits struct {
	limits Limits
	log    zerolog.Logger
	failed func()
	away   moment.Moment // until when it is not asked
	told   moment.Moment // when its absence was last logged
}

func (s *sharedLimits) reserve(ctx context.Context, w *schema.Webhook, n int, burst bool) (slots schema.Slots, err error) {
	err = s.ask(ctx, func(ctx context.Context) error {
		slots, err = s.limits.Reserve(ctx, w.Key(), w.Limits.Rate, n, burst, slotAhead)
		return err
	})
	return slots, err
}

func (s *sharedLimits) share(ctx context.Context, webhook string, limit, holds, want int) (may int, err error) {
	err = s.ask(ctx, func(ctx context.Context) error {
		may, err = s.limits.Share(ctx, webhook, limit, holds, want)
		return err
	})
	return may, err
}

func (s *sharedLimits) ask(ctx context.Context, question func(context.Context) error) error {
	if s.limits == nil || s.away.Ahead() {
		return errLimitsAway
	}
	ctx, cancel := context.WithTimeout(ctx, limitPatience)
	defer cancel()
	err := question(ctx)
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	s.failed()
	s.away.Set(time.Now().Add(limitRest))
	if s.told.Renew(time.Now(), time.Minute) {
		s.log.Warn().Err(err).Msg("limits can't be shared; each worker keeps to its last share until they can")
	}
	return err
}

// Room waits until a webhook's rate has room for one more call of an attempt that has made one: with a new token (B22), or
// of a request that HTTP/2 says was not processed (C48). Its error is the context's. Only attempts that [Consumer.Run]
// has begun may call it.
func (c *Consumer) Room(ctx context.Context, hook *schema.Webhook) error {
	for hook.Limits.Rate > 0 && ctx.Err() == nil {
		at, ok := c.rates.claim(ctx, hook, 1, true)
		if pause(ctx, time.Until(at)); ok {
			break
		}
	}
	return ctx.Err()
}
