// Package stall counts time as the process lives it. A process that is stopped, or gets no processor, for a while finds
// its timers run out when it goes on, and answers that came in time unread.
package stall

import (
	"context"
	"sync"
	"time"

	"github.com/journeyhook/journeyhook/internal/sabotage"
)

const (
	step = 500 * time.Millisecond // the longest time between two looks at the clock
	late = 400 * time.Millisecond // what a busy machine may need more
	read = time.Second            // what is left at least after a stall, to read what has come
	long = 3 * time.Second        // a stall in which a connection may be lost that had an answer
)

// Timeout ends a context when a time has been lived.
type Timeout struct {
	ctx    context.Context //nolint:containedctx // whose end it is
	cancel context.CancelCauseFunc
	mu     sync.Mutex
	timer  *time.Timer
	due    time.Time // of the timer
	left   time.Duration
	most   time.Duration // stalls that may move it; one may be longer
	moved  time.Duration
	worst  time.Duration
}

// WithTimeout returns a context, and what ends it with the cause [context.DeadlineExceeded] when the process has lived for d since
// then. When stalls have taken as long, further ones count as time that was lived. Call End when it is no longer needed.
func WithTimeout(parent context.Context, d time.Duration) (context.Context, *Timeout) {
	ctx, cancel := context.WithCancelCause(parent)
	t := &Timeout{ctx: ctx, cancel: cancel, left: d, most: d}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(t.next(), t.look)
	return ctx, t
}

// next begins another step. The caller holds mu.
func (t *Timeout) next() time.Duration {
	d := min(t.left, step)
	t.left -= d
	t.due = time.Now().Add(d)
	return d
}

func (t *Timeout) look() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx.Err() != nil {
		return
	}
	t.note()
	if t.left <= 0 {
		t.cancel(context.DeadlineExceeded)
		return
	}
	t.timer.Reset(t.next())
}

// note looks at how late it is. The caller holds mu.
func (t *Timeout) note() {
	over := time.Since(t.due)
	t.worst = max(t.worst, over)
	if over <= late || t.moved >= t.most || sabotage.Guard == sabotage.NoStalls {
		t.left -= max(over, 0)
		return
	}
	t.left = max(t.left, read)
	t.moved += over
}

// Stall is the longest time that the process stood still meanwhile, about.
func (t *Timeout) Stall() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx.Err() == nil {
		return max(t.worst, time.Since(t.due), 0)
	}
	return t.worst
}

// Stalled reports whether the process stood still for so long that nobody knows what would have been answered.
func (t *Timeout) Stalled() bool { return t.Stall() >= long && sabotage.Guard != sabotage.NoStalls }

// End frees what the context holds.
func (t *Timeout) End() {
	t.timer.Stop()
	t.cancel(context.Canceled)
}
