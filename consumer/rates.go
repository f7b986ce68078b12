package consumer

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// rates hands out the times at which calls of rate-limited webhooks may start.
type rates struct {
	limits *sharedLimits
	mu     sync.Mutex
	hooks  map[string]*rate
	forgot time.Time
}

// rate is what this worker has of one webhook's slots.
type rate struct {
	wanting atomic.Int32 // who wants a slot now

	mu        sync.Mutex
	perSecond float64
	next      time.Time // of the slots in hand
	left      int
	step      time.Duration
	ask       time.Time // not worth asking for more before
	own       time.Time // the next slot where nobody can be asked
	workers   int       // that share the rate, when last heard of
	seen      time.Time
}

const (
	slotAhead = patience               // no call waits longer for its slot; its step waits in the backlog instead
	slotLife  = 100 * time.Millisecond // after which a slot nobody used is gone
	// Who was told to wait asks again after so long: Redis may have lost what it knew, or the rate was edited.
	askAtLeast = 5 * time.Second
)

// claim takes the time at which the next call of a webhook may start, and reserves as many as are wanted if
// none are in hand. ok is false when none comes soon; at is then when to ask again. With burst, a second's
// worth may start at once after a quiet second (C45).
func (r *rates) claim(ctx context.Context, w *schema.Webhook, wanted int, burst bool) (at time.Time, ok bool) {
	one := r.of(w)
	wanting := one.wanting.Add(1)
	defer one.wanting.Add(-1)
	one.mu.Lock()
	defer one.mu.Unlock()
	now := time.Now()
	one.drop(now, w.Limits.Rate)
	if one.left == 0 && !now.Before(one.ask) {
		r.reserve(ctx, one, w, max(wanted, int(wanting)), burst)
	}
	if one.left == 0 {
		return one.ask, false
	}
	at = one.next
	one.next = at.Add(one.step)
	one.left--
	return at, true
}

// drop forgets slots whose time has passed, and all when the rate was edited.
func (one *rate) drop(now time.Time, perSecond float64) {
	one.seen = now
	if one.perSecond != perSecond {
		one.perSecond, one.left, one.ask = perSecond, 0, time.Time{}
	}
	for one.left > 0 && now.Sub(one.next) > slotLife {
		one.next = one.next.Add(one.step)
		one.left--
	}
}

// reserve gets slots from those that all workers share. Where they can't be asked, this worker keeps to the
// pace that was last its share.
func (r *rates) reserve(ctx context.Context, one *rate, w *schema.Webhook, n int, burst bool) {
	slots, err := r.limits.reserve(ctx, w, n, burst)
	now := time.Now()
	if err != nil {
		slots = one.alone(now, n)
	} else {
		one.workers = slots.Workers
		one.own = now.Add(slots.Wait + time.Duration(slots.N)*max(slots.Step, one.pace()))
	}
	one.next, one.left, one.step = now.Add(slots.Wait), slots.N, slots.Step
	if slots.N == 0 {
		one.ask = now.Add(min(slots.Wait-slotAhead, askAtLeast))
	}
}

// pace is how far apart this worker's slots are when it has its share of the rate.
func (one *rate) pace() time.Duration {
	return ofSeconds(float64(cmp.Or(one.workers, unknownWorkers)) / one.perSecond)
}

func (one *rate) alone(now time.Time, n int) schema.Slots {
	start, pace := now, one.pace()
	if one.own.After(now) {
		start = one.own
	}
	wait := start.Sub(now)
	if wait > slotAhead {
		return schema.Slots{Wait: wait}
	}
	n = min(n, int((slotAhead-wait)/pace)+1)
	one.own = start.Add(time.Duration(n) * pace)
	return schema.Slots{N: n, Wait: wait, Step: pace}
}

func (r *rates) of(w *schema.Webhook) *rate {
	key := w.Key()
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.hooks[key]
	if one == nil {
		if len(r.hooks) >= shareLimit && time.Since(r.forgot) > forgetEvery {
			r.forget()
			r.forgot = time.Now()
		}
		if r.hooks == nil {
			r.hooks = map[string]*rate{}
		}
		one = &rate{}
		r.hooks[key] = one
	}
	return one
}

// forget drops the rates of webhooks that had no calls for a minute.
func (r *rates) forget() {
	for key, one := range r.hooks {
		if one.mu.TryLock() {
			if time.Since(one.seen) > time.Minute {
				delete(r.hooks, key)
			}
			one.mu.Unlock()
		}
	}
}
