package consumer

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/journeyhook/journeyhook/schema"
)

// quotas keeps this worker's part of webhooks' limits on calls in flight up to date in the gate.
type quotas struct {
	limits *sharedLimits
	gate   *gate
	asking sync.Mutex // one first question at a time
}

const (
	quotaEvery = 250 * time.Millisecond // between two questions about a webhook that is called
	quotaIdle  = 2 * time.Second        // without calls, after which its part is given back

	quotaAtOnce = 16
)

// ensure makes sure that a limited webhook's quota is known before its first call.
func (q *quotas) ensure(ctx context.Context, w *schema.Webhook) {
	if w.Limits.Concurrency <= 0 || q.gate.hasQuota(w) {
		return
	}
	q.asking.Lock()
	defer q.asking.Unlock()
	if q.gate.hasQuota(w) {
		return
	}
	q.renew(ctx, q.gate.demandOf(w))
}

// run renews the quotas of webhooks that are called until ctx ends.
func (q *quotas) run(ctx context.Context) {
	tick := time.NewTicker(quotaEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			q.renewAll(ctx)
		}
	}
}

// renewAll asks for many at once, so that thousands of limited webhooks are through before their shares lapse.
func (q *quotas) renewAll(ctx context.Context) {
	var asking errgroup.Group
	asking.SetLimit(quotaAtOnce)
	for _, d := range q.gate.demands() {
		asking.Go(func() error {
			q.renew(ctx, d)
			return nil
		})
	}
	_ = asking.Wait() // renew has no error
}

// renew asks for a webhook's quota. While nobody can be asked the last one stays; who never heard of one
// takes a small part.
func (q *quotas) renew(ctx context.Context, d demand) {
	may, err := q.limits.share(ctx, d.webhook, d.limit, d.holds, d.want)
	switch {
	case err == nil:
		q.gate.setQuota(d, may)
	case !d.known:
		q.gate.setQuota(d, max(1, d.limit/unknownWorkers))
	}
}

// demand is what the gate wants of a webhook's limit.
type demand struct {
	webhook     string
	limit       int
	holds, want int
	known       bool // it has a quota
	share       *share
}

// hasQuota reports whether the webhook's calls may be judged by a quota that is known, and keeps it alive.
func (g *gate) hasQuota(w *schema.Webhook) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.share(w).hasQuota
}

func (g *gate) demandOf(w *schema.Webhook) demand {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.share(w).demand()
}

// demands lists the webhooks with a limit that are called. One that is idle gives its quota back.
func (g *gate) demands() []demand {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []demand
	for key, s := range g.limited {
		d := s.demand()
		if s.limit == 0 || s.inFlight == 0 && len(s.waiters) == 0 && time.Since(s.seen) > quotaIdle {
			d.holds, d.want = 0, 0
			s.hasQuota, s.quota = false, 0
			delete(g.limited, key)
		}
		all = append(all, d)
	}
	return all
}

// demand is for half as many calls again as there are, and more where steps wait.
func (s *share) demand() demand {
	holds := max(s.inFlight, s.quota)
	want := min(s.limit, s.inFlight+s.inFlight/2+len(s.waiters)+1)
	if s.refused {
		want = s.limit
	}
	s.refused = false
	return demand{webhook: s.key, limit: s.limit, holds: holds, want: want, known: s.hasQuota, share: s}
}

// setQuota changes how many calls may be in flight here and lets waiting ones in.
func (g *gate) setQuota(d demand, quota int) {
	if d.want == 0 {
		return // given back
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := d.share
	s.quota, s.hasQuota = quota, true
	if g.limited == nil {
		g.limited = map[string]*share{}
	}
	g.limited[s.key] = s
	g.admit()
}
