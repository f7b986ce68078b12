package app

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// takes keeps the consumer's count of takes in Redis, which costs no more than the count when it loses it. A key holds the
// takes that were told of and not ended; -1 says that a worker lived, so that the first delivery is not counted, either.
type takes struct {
	redis  redis.UniversalClient
	prefix string
}

// takesLast is longer than a message is delivered again after a worker ended by it.
const takesLast = 24 * time.Hour

func (t takes) key(message string) string { return t.prefix + ":takes:" + message }

func (t takes) Before(ctx context.Context, message string) (int, error) {
	n, err := t.redis.Get(ctx, t.key(message)).Int()
	if err != nil && !errors.Is(err, redis.Nil) {
		return 0, err
	}
	return n + 1, nil
}

func (t takes) Begin(ctx context.Context, message string) error {
	_, err := t.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Incr(ctx, t.key(message))
		p.Expire(ctx, t.key(message), takesLast)
		return nil
	})
	return err
}

func (t takes) End(ctx context.Context, message string, again bool) error {
	if again {
		return t.redis.Set(ctx, t.key(message), -1, takesLast).Err()
	}
	return t.redis.Del(ctx, t.key(message)).Err()
}
