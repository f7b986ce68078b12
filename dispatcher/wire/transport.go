// Package wire sends requests over pooled connections of HTTP/1.1 and HTTP/2, and never repeats one by itself.
//
// net/http's own transport repeats requests that may have been processed: every kind on HTTP/2, and those that carry an
// Idempotency-Key on HTTP/1.1. Here a request that fails after a byte of it may have left is the caller's to judge
// (C39); [Unprocessed] tells the failures by which HTTP/2 says that a request was not processed (C48).
// A call fails by its own connection only: what becomes of another connection to the same host decides nothing (C49).
package wire

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Transport is a pool of connections. Set the fields before first use; it is safe for concurrent use.
type Transport struct {
	// Base makes the connections and holds their settings; of its own pool nothing is used. Must not be nil.
	Base *http.Transport
	// Judge refuses hosts before a connection is used or made. Nil refuses none.
	Judge func(host string) error
	// MaxIdle is how many connections are kept that carry no call, of all hosts; 0 is 4,096.
	MaxIdle int
	// DialTime ends the making of a connection, which goes on when the call that wanted it has ended; 0 is a minute.
	DialTime time.Duration

	mu       sync.Mutex
	hosts    map[string]*host
	idle     list.List // of *conn, the longest idle first
	sweeping bool
	closed   bool

	changes changes
	work    sync.WaitGroup // what makes and closes connections
}

// RoundTrip sends the request once. It takes another connection where the one it got turns out to be closed before
// anything of the request was written; a request with a body needs GetBody for that. Errors are a *[ConnectError], an
// error wrapping [ErrAskedForCertificate], the context's, Judge's or net/http's.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	trace := traceOf(req.Context())
	resp, err := t.roundTrip(req, trace)
	if err != nil && req.Body != nil {
		_ = req.Body.Close()
	}
	return resp, err
}

// maxUnproven is how many connections that never brought an answer a call tries beyond the first.
const maxUnproven = 2

func (t *Transport) roundTrip(req *http.Request, trace *Trace) (*http.Response, error) {
	if t.Judge != nil {
		if err := t.Judge(req.URL.Hostname()); err != nil {
			return nil, err
		}
	}
	for unproven := 0; ; {
		c, err := t.get(req.Context(), req.URL.Scheme, address(req), trace)
		if err != nil {
			return nil, err
		}
		resp, err := t.send(c, req)
		if err == nil {
			if c.answers.Add(1) == 1 && c.multiplexes {
				t.changed(c) // now it is known how much it carries
			}
			return resp, nil
		}
		switch {
		case !c.multiplexes:
		case goneAway(err), untouched(err):
			t.notCarried(c, goneAway(err))
		case Unprocessed(err):
			t.refuse(c)
		}
		if c.answers.Load() == 0 {
			unproven++
		}
		if req.Context().Err() != nil || !untouched(err) || unproven > maxUnproven {
			return nil, c.explain(err)
		}
		if req, err = rewound(req); err != nil {
			return nil, err
		}
	}
}

// send makes a call on a connection that was reserved for it. Before the settings of HTTP/2 have come, a connection gets
// its calls one after the other. net/http gives a call up to its deadline no turn when the settings show a lower limit than
// was assumed, and another call was reserved meanwhile: it begins neither before the other ends.
func (t *Transport) send(c *conn, req *http.Request) (*http.Response, error) {
	if !c.sending.Load() {
		return c.RoundTrip(req)
	}
	sent := sync.OnceFunc(func() {
		c.sending.Store(false)
		t.changed(c)
	})
	defer sent()
	return c.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{WroteHeaders: sent})))
}

// rewound is the request with its body from the start.
func rewound(req *http.Request) (*http.Request, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, nil
	}
	if req.GetBody == nil {
		return nil, errNoSecondBody
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	again := *req
	again.Body = body
	return &again, nil
}

// address is the request's host and port, in lower case and ASCII.
func address(req *http.Request) string {
	host, port := req.URL.Hostname(), req.URL.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[req.URL.Scheme]
	}
	ascii, err := httpguts.PunycodeHostPort(net.JoinHostPort(host, port))
	if err != nil {
		return net.JoinHostPort(host, port)
	}
	return strings.ToLower(ascii)
}

// CloseIdleConnections closes the connections that carry no call.
func (t *Transport) CloseIdleConnections() {
	t.locked(func() {
		for t.idle.Len() > 0 {
			t.drop(t.idle.Front().Value.(*conn))
		}
	})
}

// Close ends all calls and connections, and waits for the latter. No call can be made afterwards.
func (t *Transport) Close() {
	t.locked(func() {
		t.closed = true
		for _, h := range t.hosts {
			for h.waiting.Len() > 0 {
				h.grant(h.waiting.Front().Value.(*waiter), grant{err: net.ErrClosed})
			}
			for d := range h.dials {
				d.cancel()
			}
			for c := range h.conns {
				t.drop(c)
			}
		}
	})
	t.work.Wait()
}

// locked does f with the pool's lock, and then what connections reported meanwhile.
func (t *Transport) locked(f func()) {
	t.mu.Lock()
	f()
	t.mu.Unlock()
	t.settle()
}

// changes are connections that reported something new. A connection reports from within calls to it, also while the
// pool's lock is held, so reports wait here for whoever has the lock.
type changes struct {
	mu   sync.Mutex
	list []*conn
}

func (q *changes) add(c *conn) {
	q.mu.Lock()
	q.list = append(q.list, c)
	q.mu.Unlock()
}

func (q *changes) take() []*conn {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.list
	q.list = nil
	return list
}

func (q *changes) any() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.list) > 0
}

// changed is a connection's report.
func (t *Transport) changed(c *conn) {
	t.changes.add(c)
	t.settle()
}

// settle works reports off, unless somebody else has the lock, who does so after giving it back.
func (t *Transport) settle() {
	for t.changes.any() && t.mu.TryLock() {
		for _, c := range t.changes.take() {
			t.update(c)
		}
		t.mu.Unlock()
	}
}

// get is a connection with room reserved for one call.
func (t *Transport) get(ctx context.Context, scheme, address string, trace *Trace) (*conn, error) {
	var (
		c *conn
		w *waiter
		h *host
	)
	t.locked(func() {
		if t.closed {
			return
		}
		h = t.host(scheme, address)
		if c = t.take(h); c == nil {
			w = h.wait()
			t.dialMore(h)
		}
	})
	switch {
	case h == nil:
		return nil, net.ErrClosed
	case c != nil:
		return c, nil
	}
	select {
	case g := <-w.granted:
		return w.got(g, trace)
	case <-ctx.Done():
	}
	t.locked(func() { h.forget(w) })
	select {
	case g := <-w.granted: // in the same moment
		return w.got(g, trace)
	default:
		return w.got(grant{err: ctx.Err()}, trace)
	}
}
