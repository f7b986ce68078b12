package consumer

import "time"

// window keeps when the latest paced calls of a webhook began on this worker, so that one that began late does
// not make the second after it too full.
type window struct {
	perSecond float64
	began     []time.Time // a ring
	next      int
}

const (
	windowMost = 256            // places of the ring; a larger limit is watched over less than a second
	windowGap  = 24 * time.Hour // the longest, so that times don't overflow
)

// fit makes the window one for so many calls a second. It reports false when it was one already.
func (w *window) fit(perSecond float64) (begun bool) {
	if w.perSecond == perSecond {
		return false
	}
	*w = window{perSecond: perSecond, began: make([]time.Time, min(max(int(perSecond), 1), windowMost))}
	return true
}

// gap is how far calls are apart at this rate.
func (w *window) gap() time.Duration {
	return ofSeconds(1 / w.perSecond)
}

// ofSeconds is at most windowGap.
func ofSeconds(n float64) time.Duration {
	return time.Duration(min(n*float64(time.Second), float64(windowGap)))
}

// free is the earliest time at which another call may begin.
func (w *window) free() time.Time {
	return w.began[w.next].Add(time.Duration(len(w.began)) * w.gap())
}

func (w *window) begin(at time.Time) {
	w.began[w.next] = at
	w.next = (w.next + 1) % len(w.began)
}
