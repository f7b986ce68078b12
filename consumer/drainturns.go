package consumer

import (
	"context"
	"sync/atomic"
	"time"
)

// turns lets few of a worker's drains fetch at once: each needs a consumer of its own, and a server allows only so many of
// them. A drain with a turn keeps it while nobody waits for one. Otherwise it ends after a moment, so that thousands of
// webhooks are served in turn, and a slow one does not keep the others waiting. Webhooks with a limited rate have turns of
// their own, just for a fetch, since no slot of theirs may pass while others have their turns. Their consumers stay
// meanwhile.
type turns struct {
	slots   chan struct{}
	waiting atomic.Int32
	fetches chan struct{}
}

const (
	drainTurns = 32          // drains of one worker that fetch at once
	drainTurn  = time.Second // the length of a turn that others wait for
	tidyEvery  = 250 * time.Millisecond
)

func newTurns() *turns {
	return &turns{slots: make(chan struct{}, drainTurns), fetches: make(chan struct{}, drainTurns)}
}

// takeTurn waits for a turn. Meanwhile it removes the consumer of the turn before, once nothing of that is under way. over
// says that there is nothing left to do, or that ctx ended; waited, that the webhook may have been edited since.
func (d *drain) takeTurn(ctx context.Context) (waited, over bool) {
	if d.turn {
		return false, false
	}
	t := d.backlog.turns
	select {
	case t.slots <- struct{}{}:
	default:
		waited = true
		if !d.awaitTurn(ctx, t) {
			return true, true
		}
	}
	d.turn, d.began = true, time.Now()
	return waited, false
}

func (d *drain) awaitTurn(ctx context.Context, t *turns) bool {
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	look := time.NewTicker(tidyEvery)
	defer look.Stop()
	for {
		select {
		case t.slots <- struct{}{}:
			return true
		case <-ctx.Done():
			return false
		case <-look.C:
			if d.idle() && d.tidy(ctx) {
				return false
			}
		}
	}
}

// contended reports whether another drain waits for a turn.
func (d *drain) contended() bool { return d.backlog.turns.waiting.Load() > 0 }

// turnOver reports whether it is another drain's turn.
func (d *drain) turnOver() bool { return d.turn && time.Since(d.began) > drainTurn && d.contended() }

func (d *drain) endTurn() {
	if d.turn {
		d.turn = false
		<-d.backlog.turns.slots
	}
}

// yield ends the turn. It reports whether nothing waits any more.
func (d *drain) yield(ctx context.Context) (over bool) {
	d.endTurn()
	return d.idle() && d.tidy(ctx)
}

// idle reports whether the drain has a consumer and nothing of it in hand.
func (d *drain) idle() bool {
	return d.pulls != nil && len(d.queue) == 0 && d.flying.Load() == 0
}

// fetchInTurn fetches up to n messages as soon as few others do.
func (d *drain) fetchInTurn(ctx context.Context, n int) error {
	select {
	case d.backlog.turns.fetches <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.backlog.turns.fetches }()
	return d.fetch(ctx, n)
}
