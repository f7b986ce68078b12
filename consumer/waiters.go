package consumer

import (
	"context"
	"time"
)

const (
	quick    = 500 * time.Millisecond // a webhook whose calls usually end sooner is worth waiting for
	patience = time.Second            // … for so long, before its step moves to the backlog
)

// wait returns when a waiter's turn has come, or when it will not come soon: it asks now and then.
func (g *gate) wait(ctx context.Context, s *share, turn chan struct{}, ticket int) (leave, bool) {
	again := time.NewTicker(patience / 4)
	defer again.Stop()
	for deadline := time.Now().Add(patience); ; {
		select {
		case <-turn:
			return g.leaver(s, true), true
		case now := <-again.C:
			g.mu.Lock()
			goOn := now.Before(deadline) && s.promises(ticket)
			g.mu.Unlock()
			if goOn {
				continue
			}
		case <-ctx.Done():
		}
		return g.giveUp(s, turn)
	}
}

// promises reports whether the turn of a ticket may come in time: calls end, and as fast as they usually do there are not
// too many before it. Who waits is held by this worker, and keeps it from pulling other webhooks' steps. The caller holds mu.
func (s *share) promises(ticket int) bool {
	if time.Since(s.moved) > patience/4 {
		return false
	}
	return s.usual*time.Duration(ticket-s.ahead) <= patience*time.Duration(max(s.inFlight, 1))
}

// giveUp takes a waiter out of the line, unless its turn came just now.
func (g *gate) giveUp(s *share, turn chan struct{}) (leave, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, other := range s.waiters {
		if other == turn {
			s.waiters = append(s.waiters[:i], s.waiters[i+1:]...)
			s.ahead++
			return nil, false
		}
	}
	return g.leaver(s, true), true
}

// admit serves waiters in turn, one per webhook, for as long as there is room. The caller holds mu.
func (g *gate) admit() {
	for left := len(g.waiting); left > 0 && g.inFlight < g.budget; left-- {
		s := g.waiting[0]
		g.waiting = g.waiting[1:]
		s.queued = false
		if len(s.waiters) > 0 && g.room(s, true) {
			turn := s.waiters[0]
			s.waiters = s.waiters[1:]
			s.ahead++
			g.take(s, true)
			close(turn)
			left++ // it may have another one
		}
		g.queue(s)
		if len(g.waiting) == 0 {
			return
		}
	}
}

func (g *gate) queue(s *share) {
	if !s.queued && len(s.waiters) > 0 {
		s.queued = true
		g.waiting = append(g.waiting, s)
	}
}
