package consumer

import "time"

// lateHead is how late the head of a lane, which was told to wait, may come and still be nobody else's before. NATS
// delivers it when it is due, and once more after AckWait, which a server that takes over counts from when it was last told
// who holds the message (it is told of old ones) or from when that was stored.
const lateHead = 2 * time.Second

// anew reports whether this very message may have been worked on before, or was stored when another worker may have had
// its predecessor.
func (h *held) anew() bool {
	if h.late() || h.redelivered() || h.predates() {
		return true
	}
	_, may := h.memory.forgot(h.deliverable())
	return may
}

// redelivered reports whether the message was somebody's before, as far as the server knows.
func (h *held) redelivered() bool {
	return h.deliveries > 1 && (h.lane == nil || time.Since(h.deliverable()) > lateHead)
}

// deliverable is when the message could be delivered first.
func (h *held) deliverable() time.Time {
	if h.lane != nil {
		return ready(*h.lane, h.stored, h.progress.Due)
	}
	return h.stored
}

// repeated reports whether the step may be here a second time: its producer repeats what was not acknowledged, within the
// duplicate window, and a server that began anew has forgotten the ids of steps that have left the queue.
func (h *held) repeated() bool {
	c := h.consumer
	return h.fresh && c.ids.forgotID(h.stored, c.window)
}

// doubted is since when something else may have come of the step than what this worker makes of it.
func (h *held) doubted() time.Time {
	since := h.stored
	switch {
	case h.late():
		since = h.progress.Hold.Until.Add(-h.consumer.AckWait) // another worker may have had its predecessor
	case h.redelivered(), h.predates():
	default:
		if from, may := h.memory.forgot(h.deliverable()); may && from.After(since) {
			since = from
		}
	}
	if d := h.progress.Doubted; !d.IsZero() && d.Before(since) {
		since = d
	}
	return since
}

// doubtLasts is how long after a second worker took a step up something that the first had sent may arrive.
const doubtLasts = 5 * time.Minute

// stillDoubted is the doubt that the step carries on when nothing else had come of it so far. One that it brought arose before
// it was moved here; when that is long ago, nothing can arrive any more. But a profile may have been updated before.
func (h *held) stillDoubted() time.Time {
	if !h.anew() && (h.progress.Doubted.IsZero() || !h.updates && time.Since(h.stored) > doubtLasts) {
		return time.Time{}
	}
	return h.doubted()
}
