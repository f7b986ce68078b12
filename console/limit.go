package console

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limitsKept is how many counters there are at most; when there would be more, those that are full
// again are dropped, which changes nothing.
const limitsKept = 10_000

// limits is a rate limit for each of many.
type limits struct {
	every rate.Limit
	burst int

	mu  sync.Mutex
	all map[string]*rate.Limiter
}

func (l *limits) allow(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.all[key]
	if limiter == nil {
		if l.all == nil || len(l.all) >= limitsKept {
			l.prune()
		}
		limiter = rate.NewLimiter(l.every, l.burst)
		l.all[key] = limiter
	}
	return limiter.Allow()
}

func (l *limits) prune() {
	kept := map[string]*rate.Limiter{}
	now := time.Now()
	for key, limiter := range l.all {
		if limiter.TokensAt(now) < float64(l.burst) && len(kept) < limitsKept/2 {
			kept[key] = limiter
		}
	}
	l.all = kept
}
