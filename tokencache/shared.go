package tokencache

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

const (
	// A fetch takes 10 s and what goes before and after it two Redis operations, so a lock outlives its
	// holder's work and no longer.
	lockLife = fetchTime + 2*time.Second
	lockWait = lockLife + 3*time.Second // then something is wrong with the lock: go on without

	firstPoll, lastPoll = 5 * time.Millisecond, 100 * time.Millisecond

	redisTime     = 500 * time.Millisecond // for one operation
	redisCooldown = 2 * time.Second        // after one that went wrong
)

// store is what workers share.
type store interface {
	// get is the token kept for id, if there is one.
	get(ctx context.Context, id identity) (t schema.Token, found bool, err error)

	// lock tries once to become the one worker that fetches. A notice of the past failure does not stand
	// in the way.
	lock(ctx context.Context, id identity, past string) (lock, error)

	// finish keeps what was fetched under the lock and gives the lock back.
	finish(ctx context.Context, id identity, l lock, r result) error
}

// lock is the state of the right to fetch: ours (mine is its proof), another worker's, or just given
// back after a failed fetch, which the ones that waited then share.
type lock struct {
	mine    string
	failure string
}

// result is what a fetch led to: a token, a failure, or nothing when it was cut off.
type result struct {
	token   schema.Token
	failure string
}

// load looks for a good token in Redis and fetches one if there is none, while no other worker does.
func (c *Cache) load(ctx context.Context, id identity, w want) (t schema.Token, fetched bool, err error) {
	t, l, err := c.await(ctx, id, w)
	if err != nil {
		return schema.Token{}, false, err
	}
	if !t.Access.IsZero() {
		c.remember(id, t)
		return t, false, nil
	}
	t, err = c.fetch(ctx, w.cred)
	r := result{token: t}
	if err == nil {
		c.remember(id, t)
	} else if failed := (*schema.TokenError)(nil); errors.As(err, &failed) {
		r.failure = failed.Detail
	}
	c.finish(ctx, id, l, r)
	return t, err == nil, err
}

// await returns a good token as soon as Redis has one, else the lock. It returns neither when Redis is
// away, and the failure of another worker's fetch when that ended meanwhile.
func (c *Cache) await(ctx context.Context, id identity, w want) (schema.Token, lock, error) {
	waited := false     // for a fetch under way
	past := ""          // a failure whose notice was there already
	var until time.Time // and is respected until then
	deadline := time.Now().Add(lockWait)
	for poll := firstPoll; c.reachable() && time.Now().Before(deadline); poll = min(2*poll, lastPoll) {
		t, l, err := c.attempt(ctx, id, w, ripe(past, until))
		switch {
		case err != nil:
			c.lost(ctx, err)
			return schema.Token{}, lock{}, ctx.Err()
		case !t.Access.IsZero() || l.mine != "":
			return t, l, nil
		case l.failure == "":
			waited = true
		case waited:
			return schema.Token{}, lock{}, &schema.TokenError{Detail: l.failure}
		case l.failure != past:
			past, until = l.failure, time.Now().Add(failurePause)
		}
		if !pause(ctx, poll/2+rand.N(poll)) {
			break
		}
	}
	return schema.Token{}, lock{}, ctx.Err()
}

func ripe(past string, until time.Time) string {
	if time.Now().Before(until) {
		return ""
	}
	return past
}

// attempt looks for a good token, tries to get the lock, and looks again under it, since the token may
// have arrived in between.
func (c *Cache) attempt(ctx context.Context, id identity, w want, past string) (schema.Token, lock, error) {
	t, found, err := c.store.get(ctx, id)
	if err != nil || found && w.good(t) {
		return t, lock{}, err
	}
	l, err := c.store.lock(ctx, id, past)
	if err != nil || l.mine == "" {
		return schema.Token{}, l, err
	}
	t, found, err = c.store.get(ctx, id)
	if err == nil && !(found && w.good(t)) {
		return schema.Token{}, l, nil
	}
	c.finish(ctx, id, l, result{})
	return t, lock{}, err
}

// finish shares what a fetch came to and gives the lock back. Without a lock only a token is worth
// sharing. A fetch cut off by Close says nothing about the server: its result is empty.
func (c *Cache) finish(ctx context.Context, id identity, l lock, r result) {
	if !c.reachable() || l.mine == "" && r.token.Access.IsZero() {
		return
	}
	// The lock is given back also when closing.
	if err := c.store.finish(context.WithoutCancel(ctx), id, l, r); err != nil {
		c.lost(context.WithoutCancel(ctx), err)
	}
}

// reachable reports whether Redis is worth asking: there is one, and no operation failed just now.
func (c *Cache) reachable() bool {
	return c.store != nil && !c.away.Ahead()
}

func (c *Cache) lost(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	c.away.Set(time.Now().Add(redisCooldown))
	c.Log.Warn().Err(err).Dur("cooldown", redisCooldown).Msg("Redis can't be used; tokens are kept in this worker's memory meanwhile")
}
