package consumer

import (
	"errors"
	"time"
)

// A message is its worker's only as long as the server thinks so: for AckWait since it last heard of it.
// Whoever can't be sure of that any more must store nothing for the message, since another worker may
// have it; the call it made then repeats. The hold ends a little earlier than the server's, so that
// what was sent in time also arrives in time.

// errHoldLost says that the message may be another worker's by now.
var errHoldLost = errors.New("consumer: the message was held for too long without a word from NATS")

// since begins or renews a hold.
func (h *held) since(heard time.Time) {
	h.until.Store(heard.Add(h.consumer.AckWait * 5 / 6).UnixNano())
}

// lost reports whether the hold has ended. One that was never taken under the heartbeat just came.
func (h *held) lost() bool {
	until := h.until.Load()
	return until != 0 && sabotage != withoutHoldEnd && time.Now().UnixNano() > until
}

// arrival is when a message that is read now left the server, at the earliest. A process that stood still
// finds messages that have waited for it, and its ticks are late just as long.
func (b *heartbeats) arrival(now time.Time, every time.Duration) time.Time {
	if b.ticked.IsZero() || now.Sub(b.ticked) < every*3/2 {
		return now
	}
	return b.ticked
}
