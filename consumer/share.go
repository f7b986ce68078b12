package consumer

import (
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

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

// learn keeps what the webhook's calls are usually like.
func (s *share) learn(out *schema.Outcome) {
	s.usual += (out.Call.Ended.Sub(out.Call.Started) - s.usual) / 8
	if out.Reason == schema.ReasonTimeout {
		s.timeouts++
	} else if out.Status != 0 {
		s.timeouts = 0
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
