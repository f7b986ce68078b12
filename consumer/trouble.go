package consumer

import (
	"sync"
	"time"
)

// trouble is something that goes wrong again and again. The log tells of it when it begins, and once a minute while it
// goes on. Whoever uses it sees to it that only one does so at a time.
type trouble struct {
	since time.Time // the first time
	last  time.Time
	said  time.Time // in the log
	times int       // since then
}

const (
	troubleEnds = 20 * time.Second // without another time, after which it is over
	troubleSaid = time.Minute      // between two lines of the log
)

// again takes note of one more time. Where it is to be said, it returns how often it happened since it was said last, else 0.
func (t *trouble) again(now time.Time) (say int) {
	if !t.lasts(now) {
		*t = trouble{since: now}
	}
	t.last = now
	t.times++
	if now.Sub(t.said) < troubleSaid {
		return 0
	}
	say, t.said, t.times = t.times, now, 0
	return say
}

// lasts reports whether it goes on.
func (t *trouble) lasts(now time.Time) bool {
	return !t.last.IsZero() && now.Sub(t.last) <= troubleEnds
}

// troubles are several, by name.
type troubles struct {
	mu    sync.Mutex
	named map[string]*trouble
}

// again is [trouble.again] of one of them.
func (t *troubles) again(name string) (say int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.named == nil {
		t.named = map[string]*trouble{}
	}
	if t.named[name] == nil {
		t.named[name] = &trouble{}
	}
	return t.named[name].again(time.Now())
}
