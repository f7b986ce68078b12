package consumer

import (
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// What a worker sends may arrive when its hold has ended: bytes wait where a network fails without a word, and go on
// when it works again. By then another worker may have taken up the message that was moved. So a moved message says
// what its worker held, and until when. One that was stored later is taken up only when the message it came from is
// gone, and nothing else came of that.

// hold is what a message that is moved says of its worker.
func (h *held) hold() schema.Hold {
	left, ok := h.until.Left()
	if !ok {
		return schema.Hold{}
	}
	return schema.Hold{Stream: h.at.stream, Sequence: h.at.sequence, Until: time.Now().Add(left)}
}

// late reports whether the message was stored when whoever moved it held its predecessor no longer.
func (h *held) late() bool {
	until := h.progress.Hold.Until
	return !until.IsZero() && h.stored.After(until)
}

// undecided reports whether somebody may still be at work on the message that a late one was made of.
func (c *Consumer) undecided(h *held) (bool, error) {
	from := h.progress.Hold
	return c.past.archive.has(c.last, from.Stream, from.Sequence)
}
