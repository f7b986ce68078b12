package consumer

import (
	"context"
	"sync"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// gate shares a worker's calls among webhooks, so that one slow endpoint is not felt by the others. A
// call may start while its webhook, and its project, have fewer calls in flight than there are free
// ones: a hog alone gets half the budget, two get a third each, and there is always room for the rest.
type gate struct {
	budget   int
	headroom *headroom // for the backlog; nil bounds nothing

	mu       sync.Mutex
	inFlight int
	later    int // of inFlight, how many are retries or from the backlog
	webhooks map[string]*share
	limited  map[string]*share // those with a quota
	projects map[string]int
	waiting  []*share // shares with waiters, each once; the front is served next
	forgot   time.Time
}

// leave gives a call's room back, with what came of it; nil when no call was made.
type leave func(out *schema.Outcome)

// share is what one webhook has of the gate.
type share struct {
	key, project string
	inFlight     int
	usual        time.Duration // of a call, as a moving average
	timeouts     int           // in a row
	moved        time.Time     // when its only call began, or the last one ended
	waiters      []chan struct{}
	tickets      int  // of waiters so far
	ahead        int  // of these, how many wait no more
	queued       bool // is in gate.waiting
	seen         time.Time

	limit    int  // on calls in flight over all workers; 0 is none
	quota    int  // this worker's part of it
	hasQuota bool // the quota is known
	refused  bool // there was no room lately
}

const (
	probeAfter = 16                     // timeouts in a row until a webhook only gets a probe's worth
	probeSize  = 4                      // calls at once until one succeeds (C27)
	quick      = 500 * time.Millisecond // a webhook whose calls usually end sooner is worth waiting for
	patience   = time.Second            // … for so long, before its step moves to the backlog
)

// enter asks for a call. ok is false when there is no room and none to be expected soon; the step then
// belongs into the backlog. leave must then be called. Fresh steps always keep a
// quarter of the budget that retries and the backlog can't take.
func (g *gate) enter(ctx context.Context, w *schema.Webhook, fresh bool) (leave, bool) {
	g.mu.Lock()
	s := g.share(w)
	if len(s.waiters) == 0 && g.room(s, fresh) {
		g.take(s, fresh)
		g.mu.Unlock()
		return g.leaver(s, fresh), true
	}
	if !fresh || s.usual > quick || s.timeouts >= probeAfter || !s.promises(s.tickets) {
		g.mu.Unlock()
		return nil, false
	}
	turn, ticket := make(chan struct{}), s.tickets
	s.tickets++
	s.waiters = append(s.waiters, turn)
	g.queue(s)
	g.mu.Unlock()
	return g.wait(ctx, s, turn, ticket)
}

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

// room is the rule. The caller holds mu.
func (g *gate) room(s *share, fresh bool) bool {
	free := g.budget - g.inFlight
	switch {
	case s.limit > 0 && s.inFlight >= s.quota:
		s.refused = true
		return false
	case s.timeouts >= probeAfter:
		return free > 0 && s.inFlight < probeSize
	case !fresh && g.later >= laterMost(g.budget):
		return false
	}
	return free > 0 && (s.inFlight < free && g.projects[s.project] < free || s.inFlight == 0)
}

// laterMost is how many of the calls may be retries or from the backlog.
func laterMost(budget int) int { return max(budget*3/4, 1) }

func (g *gate) take(s *share, fresh bool) {
	if s.inFlight == 0 {
		s.moved = time.Now()
	}
	s.inFlight++
	g.inFlight++
	g.projects[s.project]++
	if !fresh {
		g.later++
	}
}

// leaver ends a call and lets the next ones in.
func (g *gate) leaver(s *share, fresh bool) leave {
	return func(out *schema.Outcome) {
		g.mu.Lock()
		defer g.mu.Unlock()
		s.inFlight--
		s.moved = time.Now()
		g.inFlight--
		if !fresh {
			g.later--
		}
		if g.projects[s.project]--; g.projects[s.project] == 0 {
			delete(g.projects, s.project)
		}
		if out != nil {
			s.learn(out)
		}
		g.admit()
	}
}

// learn keeps what the webhook's calls are usually like.
func (s *share) learn(out *schema.Outcome) {
	s.usual += (out.Call.Ended.Sub(out.Call.Started) - s.usual) / 8
	if out.Reason == schema.ReasonTimeout {
		s.timeouts++
	} else if out.Status != 0 {
		s.timeouts = 0
	}
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

const (
	shareLimit  = 10_000           // webhooks; beyond it idle ones are forgotten
	forgetEvery = 10 * time.Second // since that looks at all of them while everybody waits
)

// share finds a webhook's share. The caller holds mu.
func (g *gate) share(w *schema.Webhook) *share {
	key := w.Key()
	s, ok := g.webhooks[key]
	if !ok {
		if len(g.webhooks) >= shareLimit && time.Since(g.forgot) > forgetEvery {
			g.forget()
			g.forgot = time.Now()
		}
		s = &share{key: key, project: w.Project}
		if g.webhooks == nil {
			g.webhooks, g.projects = map[string]*share{}, map[string]int{}
		}
		g.webhooks[key] = s
	}
	s.seen, s.limit = time.Now(), w.Limits.Concurrency
	return s
}

func (g *gate) forget() {
	for key, s := range g.webhooks {
		if s.inFlight == 0 && len(s.waiters) == 0 && !s.hasQuota && time.Since(s.seen) > time.Minute {
			delete(g.webhooks, key)
		}
	}
}

// reserve takes room for up to n calls from the backlog.
func (g *gate) reserve(w *schema.Webhook, n int) []leave {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.share(w)
	var taken []leave
	for len(taken) < n && (g.headroom == nil || g.later < g.headroom.bound()) && g.room(s, false) {
		g.take(s, false)
		taken = append(taken, g.leaver(s, false))
	}
	return taken
}
