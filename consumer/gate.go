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

const (
	probeAfter = 16 // timeouts in a row until a webhook only gets a probe's worth
	probeSize  = 4  // calls at once until one succeeds (C27)
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
