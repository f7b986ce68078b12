// Package moment keeps times of one process for many goroutines. They are measured by the monotonic clock, so that a wall
// clock that jumps neither lengthens nor shortens what is left until them. What other processes are told is a wall clock's
// time, and no concern of this package.
package moment

import (
	"sync/atomic"
	"time"
)

// begun is what all moments are measured from.
var begun = time.Now()

// Moment is a time, or none, which is the zero value. Many may use it at once.
type Moment struct {
	since atomic.Int64 // nanoseconds from begun; 0 for none
}

// Set stores a time. One of a wall clock only, as a server's, counts as far away as it is by the present wall clock.
func (m *Moment) Set(t time.Time) { m.since.Store(measured(t)) }

// Clear stores none.
func (m *Moment) Clear() { m.since.Store(0) }

// AtLatest stores a time unless an earlier one is there. None is later than any.
func (m *Moment) AtLatest(t time.Time) {
	want := measured(t)
	for {
		have := m.since.Load()
		if have != 0 && have <= want || m.since.CompareAndSwap(have, want) {
			return
		}
	}
}

// Left is how long it is until the moment, negative when it is over. It reports false when there is none.
func (m *Moment) Left() (left time.Duration, ok bool) {
	since := m.since.Load()
	return time.Duration(since) - time.Since(begun), since != 0
}

// Ahead reports whether there is a moment that is not over.
func (m *Moment) Ahead() bool {
	left, ok := m.Left()
	return ok && left > 0
}

// Over reports whether there is a moment that is over.
func (m *Moment) Over() bool {
	left, ok := m.Left()
	return ok && left < 0
}

// Renew stores a time if there is none, or one that is older than the time by more than every. It reports false otherwise, and
// when another goroutine was faster.
func (m *Moment) Renew(t time.Time, every time.Duration) bool {
	have, want := m.since.Load(), measured(t)
	if have != 0 && time.Duration(want-have) <= every {
		return false
	}
	return m.since.CompareAndSwap(have, want)
}

func measured(t time.Time) int64 {
	if d := Here(t).Sub(begun); d != 0 {
		return int64(d)
	}
	return 1
}

// Here is a time as the monotonic clock would have told it: one that has its reading stays as it is, one of a wall clock only is as far
// from now as it is by the wall clock.
func Here(t time.Time) time.Time {
	if t != t.Round(0) { //nolint:revive // which Equal does not tell: Round takes the reading away
		return t
	}
	now := time.Now()
	return now.Add(t.Sub(now))
}
