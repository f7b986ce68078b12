package wire

import (
	"cmp"
	"context"
	"net/http"
	"time"
)

// dial is the making of one connection.
type dial struct {
	waiter *waiter // it was begun for
	facts  facts
	cancel context.CancelFunc
	slow   bool // nobody counts on it any more
}

// firstDials is how many connections are made at once to a host that has none. If it speaks HTTP/2, the first will do for
// all; if not, each that comes about lets two more be made at once.
const firstDials = 16

// dialPatience is how long the making of a connection is counted on. What hangs for longer may still end well, but others
// are made beside it.
const dialPatience = time.Second

// dialMore begins connections for those who wait and would else have none to hope for. At any time there is one at most
// that was begun for a call.
func (t *Transport) dialMore(h *host) {
	each := max(h.streams, 1)
	if h.lifetime > 0 {
		each = min(each, h.lifetime)
	}
	wanted := (h.waiting.Len() + each - 1) / each
	wanted = min(wanted, h.atOnce)
	for at := h.waiting.Back(); at != nil && h.countedOn < wanted && !t.closed; at = at.Prev() {
		if w := at.Value.(*waiter); w.dial == nil {
			t.begin(h, w)
		}
	}
}

// begin makes a connection for one who waits. It is not given up with the call that wanted it: others may, and
// another try would last as long.
func (t *Transport) begin(h *host, w *waiter) {
	ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(t.DialTime, time.Minute))
	d := &dial{waiter: w, cancel: cancel}
	w.dial = d
	h.countedOn++
	h.dials[d] = struct{}{}
	patience := time.AfterFunc(dialPatience, func() { t.locked(func() { t.lasts(h, d) }) })
	t.work.Go(func() {
		defer cancel()
		made, err := t.Base.NewClientConn(d.facts.watch(ctx), h.scheme, h.address)
		patience.Stop()
		t.locked(func() {
			delete(h.dials, d)
			if !d.slow {
				h.countedOn--
			}
			if err != nil {
				t.failed(h, d, err)
			} else {
				t.made(h, d, made)
			}
			t.tidy(h)
		})
	})
}

// lasts notes that the making of a connection lasts long.
func (t *Transport) lasts(h *host, d *dial) {
	if _, on := h.dials[d]; on {
		d.slow = true
		h.countedOn--
		t.dialMore(h)
	}
}

// made puts a new connection into the pool.
func (t *Transport) made(h *host, d *dial, made *http.ClientConn) {
	c := &conn{ClientConn: made, host: h, facts: &d.facts}
	d.facts.locked(func() { c.multiplexes = d.facts.multiplexes })
	made.SetStateHook(func(*http.ClientConn) { t.changed(c) })
	switch {
	case !c.multiplexes:
		h.streams = 0
	case h.streams == 0:
		h.streams = streamsHoped
	}
	superfluous := c.multiplexes && h.waiting.Len() == 0 && len(h.free) > 0
	h.conns[c] = struct{}{}
	h.atOnce = min(2*h.atOnce, 1<<16)
	t.update(c)
	if superfluous || t.closed {
		t.drop(c)
	}
	switch w := d.waiter; {
	case w.place == nil:
	case c.taken == 0: // it takes no call, and the next one may not either
		t.failed(h, d, takesNone(c.Err()))
	default: // it went to those who came earlier
		w.dial = nil
		t.dialMore(h)
	}
}

// failed tells the call that the connection was to be made for. Where others of the host are at work, and it merely takes no
// more of them, the call waits for one of those to have room, and for the next try, which comes when a call there ends.
func (t *Transport) failed(h *host, d *dial, err error) {
	w := d.waiter
	if w.place != nil && WasCut(err) && h.busy() {
		w.dial = nil
		h.atOnce = max(h.atOnce/2, 1)
		return
	}
	if w.place != nil {
		h.streams, h.atOnce = 0, firstDials
		h.grant(w, grant{err: d.facts.failed(err)})
	}
	t.dialMore(h)
}

// busy reports whether a call on some connection will end.
func (h *host) busy() bool {
	for c := range h.conns {
		if c.InFlight() > 0 {
			return true
		}
	}
	return false
}
