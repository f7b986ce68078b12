package consumer

import (
	"context"
	"sync/atomic"
	"time"
)

// headroom bounds how many due retries, and how many steps of the backlog, are worked on at once, so that fresh
// steps do not wait behind a lane that comes due all at once. A worker that runs late takes fewer of them, and
// one that does not takes more and more, up to the most. A lane has a bound of its own beside it; the backlog has not,
// or a webhook that once fell behind and needs more calls at once would never catch up.
type headroom struct {
	most  int
	now   atomic.Int32
	asked atomic.Bool // since the last tick
}

const (
	headroomTick  = 10 * time.Millisecond
	headroomRest  = 200 * time.Millisecond // between ticks while nobody asks
	headroomLate  = 3 * time.Millisecond   // of a tick, from which on there is too much to do
	headroomLeast = 8
)

func newHeadroom(first, most int) *headroom {
	h := &headroom{most: most}
	h.now.Store(int32(first))
	return h
}

func (h *headroom) bound() int {
	if !h.asked.Load() {
		h.asked.Store(true)
	}
	return int(h.now.Load())
}

// run adapts the bound until ctx ends.
func (h *headroom) run(ctx context.Context) {
	every := headroomTick
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case due := <-tick.C:
			h.adapt(time.Since(due))
		}
		next := headroomRest
		if h.asked.Swap(false) {
			next = headroomTick
		}
		if next != every {
			every = next
			tick.Reset(every)
		}
	}
}

// adapt is told how late a tick was.
func (h *headroom) adapt(late time.Duration) {
	now := int(h.now.Load())
	if late > headroomLate {
		now = max(now*3/4, headroomLeast)
	} else {
		now++
	}
	h.now.Store(int32(min(now, h.most)))
}
