// Package limits holds a webhook's limits over all workers, through Redis.
//
// A worker reserves the times of its next calls, as many as it wants just then, or a share of the calls that may
// be in flight, and tells what it uses. What a worker holds when it dies is free again after a few seconds. What
// Redis forgets is given out once more.
package limits

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/journeyhook/journeyhook/schema"
)

// Limiter is one worker's view of the limits. Set the fields before first use; it is safe for concurrent
// use.
type Limiter struct {
	Redis  redis.UniversalClient
	Prefix string // of keys; journeyhook
	Worker string // this worker's name, unique among workers
}

// workerLife is how long a worker counts that no longer asks.
const workerLife = 5 * time.Second

var (
	//go:embed reserve.lua
	reserveSource string
	reserve       = redis.NewScript(reserveSource)

	//go:embed share.lua
	shareSource string
	share       = redis.NewScript(shareSource)
)

// Reserve takes up to n slots for calls of a webhook (its key, <project>.<webhook>) that may be called so
// many times per second by all workers together. In no second are there more slots than that. With burst,
// a second's worth may be had at once after a quiet second (C45); without it, slots are evenly apart. Slots
// that would begin later than ahead are not given out: N is then 0 and Wait is the time until the next slot, so
// asking again is of use when no more than ahead is left of it.
func (l *Limiter) Reserve(ctx context.Context, webhook string, perSecond float64, n int, burst bool, ahead time.Duration) (schema.Slots, error) {
	key := l.key("rate", webhook)
	got, err := numbers(reserve.Run(ctx, l.Redis, []string{key, key + ":workers"},
		perSecond, n, flag(burst), ahead.Microseconds(), l.Worker, workerLife.Microseconds()), 4)
	if err != nil {
		return schema.Slots{}, fmt.Errorf("limits: reserve slots: %w", err)
	}
	return schema.Slots{
		N: int(got[0]), Wait: time.Duration(got[1]) * time.Microsecond, Step: time.Duration(got[2]) * time.Microsecond,
		Workers: int(got[3]),
	}, nil
}

// Share says how many of a webhook's calls this worker may have in flight, of limit over all workers: at
// most what it wants. While others want more than they have, nobody gets more than an equal part. holds is
// what it may still be using of an earlier answer, and stays its own until it holds less. Ask again within
// a few seconds, or all of it is free for others.
func (l *Limiter) Share(ctx context.Context, webhook string, limit, holds, want int) (int, error) {
	got, err := numbers(share.Run(ctx, l.Redis, []string{l.key("calls", webhook)},
		limit, holds, want, l.Worker, workerLife.Microseconds()), 1)
	if err != nil {
		return 0, fmt.Errorf("limits: share calls in flight: %w", err)
	}
	return int(got[0]), nil
}

// key has braces so that all keys of a webhook are on one node of a cluster.
func (l *Limiter) key(kind, webhook string) string {
	return cmp.Or(l.Prefix, "journeyhook") + ":" + kind + ":{" + webhook + "}"
}

func numbers(c *redis.Cmd, want int) ([]int64, error) {
	got, err := c.Int64Slice()
	if err == nil && len(got) != want {
		err = errors.New("the script answered something else")
	}
	return got, err
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
