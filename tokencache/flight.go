package tokencache

import (
	"context"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// failurePause is the least time between a failed fetch and the next for the same client. Calls
// arriving in it wait and share the next fetch, so a broken token server sees a few requests a second
// and still no call is answered with an older failure.
const failurePause = 250 * time.Millisecond

// flight is one look for a token that many calls wait for. It has a context of its own, so that a call
// that gives up takes nobody with it.
type flight struct {
	done chan struct{} // closed when the fields below are set
	next chan struct{} // closed when the next flight may start

	token   schema.Token
	fetched bool // the token is fresh from the server
	err     error
}

type loader func(context.Context) (t schema.Token, fetched bool, err error)

// join returns the flight under way for id, or begins one with load and reports that. It returns nil
// after Close.
func (c *Cache) join(id identity, load loader) (f *flight, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.flights[id]
	if before != nil && !before.over() {
		return before, false
	}
	if c.closed {
		return nil, false
	}
	f = &flight{done: make(chan struct{}), next: make(chan struct{})}
	c.flights[id] = f
	c.running.Go(func() {
		c.fly(f, before, load)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.flights[id] == f {
			delete(c.flights, id)
		}
	})
	return f, true
}

func (f *flight) over() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

func (c *Cache) fly(f, before *flight, load loader) {
	defer close(f.next)
	if before != nil {
		<-before.next
	}
	f.token, f.fetched, f.err = load(c.ctx)
	close(f.done)
	if f.err != nil {
		pause(c.ctx, failurePause)
	}
}

// pause waits, and reports whether the wait was not cut short.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
