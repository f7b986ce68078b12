package wire

import (
	"cmp"
	"container/list"
	"net/http"
	"sync/atomic"
	"time"
)

// host is what one scheme, host and port has: connections, and who waits for one. The pool's lock guards it.
type host struct {
	scheme, address string

	conns   map[*conn]struct{} // all of them
	free    []*conn            // those with room, the last to get it last
	waiting list.List          // of *waiter
	dials   map[*dial]struct{}
	// How many of the dials have not lasted long yet, and how many of those may be under way.
	countedOn, atOnce int
	// What the last connection of HTTP/2 carried at once, when that is known; one connection does for so many who wait.
	// 0 after a connection of HTTP/1.1, and after one that could not be made.
	streams int
	// How many calls a connection of HTTP/2 carries before its server ends it by GOAWAY, when that is known; else 0.
	lifetime int
}

// streamsHoped is how many calls a connection of HTTP/2 is expected to carry at once by who has not seen one of
// that host. Until the server's settings have come, the connection says the same.
const streamsHoped = 100

// conn is one connection.
type conn struct {
	*http.ClientConn
	host        *host
	facts       *facts
	multiplexes bool         // HTTP/2
	answers     atomic.Int32 // that calls on it got
	refused     atomic.Bool  // its server refused a call as one too many
	sending     atomic.Bool  // a call that it was given before its settings had come has sent no headers yet

	// The pool's lock guards these.
	taken  int           // calls it was given, without those that it did not begin with
	ended  bool          // its server turned calls away
	limit  int           // how many calls its server takes at once; 0 when that is not known
	listed bool          // in host.free
	place  *list.Element // among the idle; nil while it carries a call
	since  time.Time     // it has been idle
	gone   bool
}

// waiter is a call that waits for a connection.
type waiter struct {
	place   *list.Element
	dial    *dial      // the one begun for it; nil when those of others will do, and once it served others
	granted chan grant // holds one
}

// grant is a connection with room reserved, or why there is none.
type grant struct {
	conn *conn
	err  error
}

func (t *Transport) host(scheme, address string) *host {
	key := scheme + "://" + address
	h := t.hosts[key]
	if h == nil {
		if t.hosts == nil {
			t.hosts = map[string]*host{}
		}
		h = &host{scheme: scheme, address: address, atOnce: firstDials, conns: map[*conn]struct{}{}, dials: map[*dial]struct{}{}}
		t.hosts[key] = h
	}
	return h
}

// tidy forgets a host that has nothing.
func (t *Transport) tidy(h *host) {
	if len(h.conns) == 0 && len(h.dials) == 0 && h.waiting.Len() == 0 {
		delete(t.hosts, h.scheme+"://"+h.address)
	}
}

// take reserves room on a connection; nil when none has any.
func (t *Transport) take(h *host) *conn {
	for len(h.free) > 0 {
		c := h.free[len(h.free)-1]
		if c.multiplexes && (c.sending.Load() || c.full()) {
			c.unlist()
			continue
		}
		if c.Reserve() != nil {
			c.unlist()
			t.changes.add(c) // it may be closed, or full
			continue
		}
		c.sending.Store(c.multiplexes && !c.settled())
		c.taken++
		t.notIdle(c)
		if c.Available() == 0 {
			c.unlist()
		}
		return c
	}
	return nil
}

// settled reports whether a server's settings have come for sure. net/http does not tell, but they come before all else.
func (c *conn) settled() bool { return c.answers.Load() > 0 || c.refused.Load() }

// full reports whether a connection of HTTP/2 should have no more calls than it has. One that is not settled yet may
// not know how little its server takes. One that nears the end of its lifetime would turn calls away; after that it gets
// one at a time, which shows whether it lasts longer.
func (c *conn) full() bool {
	calls, answers, h := c.InFlight(), int(c.answers.Load()), c.host
	if !c.settled() && calls >= max(h.streams, 1) {
		return true
	}
	if h.lifetime > 0 && answers > h.lifetime {
		h.lifetime = 2 * answers
	}
	return h.lifetime > 0 && calls >= max(h.lifetime-answers, 1)
}

// refuse notes that a server refused a call on the connection. Until a connection shows how many calls it takes, the
// server is believed to take one.
func (t *Transport) refuse(c *conn) {
	t.locked(func() {
		if c.refused.Store(true); c.Available() == 0 && c.limit == 0 {
			c.host.streams = 1
		}
	})
	t.changed(c)
}

// notCarried notes that a connection of HTTP/2 did not begin with a call that it was given, by its server's word when that
// turned the call away.
func (t *Transport) notCarried(c *conn, turnedAway bool) {
	t.locked(func() {
		c.taken--
		c.ended = c.ended || turnedAway
		if carried := max(c.taken, 1); c.ended && (c.host.lifetime == 0 || carried < c.host.lifetime) {
			c.host.lifetime = carried
		}
	})
}

// unlist takes the connection from those with room. Mostly it is the last.
func (c *conn) unlist() {
	if !c.listed {
		return
	}
	c.listed = false
	free := c.host.free
	for i := len(free) - 1; i >= 0; i-- {
		if free[i] == c {
			last := len(free) - 1
			copy(free[i:], free[i+1:])
			free[last] = nil
			c.host.free = free[:last]
			return
		}
	}
}

// update looks at a connection that reported something new.
func (t *Transport) update(c *conn) {
	if c.gone {
		return
	}
	room, calls := c.Available(), c.InFlight()
	if c.Err() != nil || room == 0 && calls == 0 { // the latter has been told to go away
		t.drop(c)
		return
	}
	if c.multiplexes && c.settled() && room > 0 { // without room, it may have been told to go away
		c.limit = room + calls
		c.host.streams = c.limit
	}
	if room > 0 && !c.listed {
		c.listed = true
		c.host.free = append(c.host.free, c)
	}
	t.serve(c.host)
	t.dialMore(c.host)
	if c.InFlight() == 0 {
		t.rest(c)
	}
}

// serve gives connections with room to those who wait, the first first.
func (t *Transport) serve(h *host) {
	for h.waiting.Len() > 0 {
		c := t.take(h)
		if c == nil {
			return
		}
		h.grant(h.waiting.Front().Value.(*waiter), grant{conn: c})
	}
}

func (h *host) wait() *waiter {
	w := &waiter{granted: make(chan grant, 1)}
	w.place = h.waiting.PushBack(w)
	return w
}

// grant ends a wait.
func (h *host) grant(w *waiter, g grant) {
	h.leave(w)
	w.granted <- g
}

// drop closes a connection for good. Calls on it fail.
func (t *Transport) drop(c *conn) {
	if c.gone {
		return
	}
	c.gone = true
	c.unlist()
	t.notIdle(c)
	delete(c.host.conns, c)
	t.dialMore(c.host)
	t.tidy(c.host)
	t.work.Go(func() { _ = c.Close() }) // which may wait for the other side
}

// forget ends the wait of a call that was given up.
func (h *host) forget(w *waiter) {
	if w.place != nil {
		h.leave(w)
	}
}

func (h *host) leave(w *waiter) {
	h.waiting.Remove(w.place)
	w.place = nil
}

// got is what the wait brought. A connection's times are those of the call that it was made for.
func (w *waiter) got(g grant, trace *Trace) (*conn, error) {
	if w.dial != nil && (g.conn == nil || g.conn.facts == &w.dial.facts) {
		trace.madeBy(&w.dial.facts)
	}
	return g.conn, g.err
}

// rest puts a connection among the idle. The one that was so for longest makes room when they are too many.
func (t *Transport) rest(c *conn) {
	if c.place != nil {
		return
	}
	c.since = time.Now()
	c.place = t.idle.PushBack(c)
	if t.idle.Len() > cmp.Or(t.MaxIdle, 4096) {
		t.drop(t.idle.Front().Value.(*conn))
	}
	t.sweepLater()
}

func (t *Transport) notIdle(c *conn) {
	if c.place != nil {
		t.idle.Remove(c.place)
		c.place = nil
	}
}

// sweepLater sees to it that connections which stay idle are closed.
func (t *Transport) sweepLater() {
	if t.idle.Len() == 0 || t.sweeping || t.Base.IdleConnTimeout == 0 {
		return
	}
	t.sweeping = true
	oldest := t.idle.Front().Value.(*conn)
	time.AfterFunc(time.Until(oldest.since.Add(t.Base.IdleConnTimeout)), t.sweep)
}

func (t *Transport) sweep() {
	t.locked(func() {
		t.sweeping = false
		for t.idle.Len() > 0 {
			oldest := t.idle.Front().Value.(*conn)
			if time.Since(oldest.since) < t.Base.IdleConnTimeout {
				break
			}
			t.drop(oldest)
		}
		t.sweepLater()
	})
}
