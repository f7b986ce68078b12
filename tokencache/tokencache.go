// Package tokencache keeps the OAuth tokens of every worker: in memory, behind that in Redis, behind
// that at the token server.
//
// At most one request for the tokens of one client is under way at any time, over all workers that
// share a Redis. A token is used for ten days after its fetch and not a moment longer (B20), unless an
// endpoint refuses it first, or a webhook asks for one whose own expiry is not near (C8). Redis is a
// convenience: without it each worker has a token of its own, and no call fails because of it.
package tokencache

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/moment"
	"github.com/journeyhook/journeyhook/schema"
)

const (
	tokenLife   = 10 * 24 * time.Hour // B20
	memoryLimit = 50_000              // tokens kept in a worker's memory; any one gives way to the next
)

// Cache hands out tokens. The zero value works: it keeps tokens in memory only. Its fields must not
// change after the first call.
type Cache struct {
	Redis     redis.UniversalClient // shares tokens between workers; nil = memory only
	Keys      *schema.Keys          // seals what is put into Redis; nil = memory only
	Client    *http.Client          // calls token servers; its caller guards it; nil = http.DefaultClient
	Prefix    string                // of Redis keys; "" = "journeyhook"
	UserAgent string                // of token requests; "" = "journeyhook"
	AllowHTTP bool                  // token URLs may be plain http (C18)

	// Explain turns a transport error into a few words without secrets, such as "connection refused".
	// Nil leaves it at whether there was no answer in time or no connection.
	Explain func(error) string

	// OnFetch is told how each fetch ended, "ok" or "failed". It may be nil.
	OnFetch func(result string)

	Log zerolog.Logger

	begun   sync.Once
	ctx     context.Context // of fetches, which outlive the call that began them; ends at Close
	stop    context.CancelFunc
	running sync.WaitGroup
	store   store
	away    moment.Moment // Redis is not asked before this time

	mu      sync.RWMutex
	closed  bool
	tokens  map[identity]schema.Token
	flights map[identity]*flight
}

func (c *Cache) begin() {
	c.begun.Do(func() {
		c.ctx, c.stop = context.WithCancel(context.Background())
		c.tokens = map[identity]schema.Token{}
		c.flights = map[identity]*flight{}
		if c.store == nil && c.Redis != nil && c.Keys != nil {
			c.store = &redisStore{client: c.Redis, keys: c.Keys, prefix: c.Prefix, running: &c.running}
		}
	})
}

// Close cuts off the fetches under way and waits for their end. Calls waiting for one of them, and
// later calls that need one, end with [context.Canceled].
func (c *Cache) Close() {
	c.begin()
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.running.Wait()
}

// Token is the client's token: the worker's copy, or the one in Redis, or a new one.
//
// A *[schema.TokenError] says that the token server gave none (B25); all calls that waited for the same
// fetch get it, and the next call fetches anew. Any other error is ctx's, or Close's.
func (c *Cache) Token(ctx context.Context, cred schema.Credentials) (schema.Token, error) {
	return c.obtain(ctx, want{cred: cred})
}

// Reject is called when an endpoint refused a token with 401. It replaces the cached token if that is
// still the refused one, by another worker's newer one or by a new one, and otherwise returns it (C7).
// Its errors are Token's.
func (c *Cache) Reject(ctx context.Context, cred schema.Credentials, refused schema.Token) (schema.Token, error) {
	return c.obtain(ctx, want{cred: cred, refused: refused})
}

func (c *Cache) obtain(ctx context.Context, w want) (schema.Token, error) {
	if err := c.refuseURL(w.cred); err != nil {
		return schema.Token{}, err
	}
	c.begin()
	id := identify(w.cred)
	if t, ok := c.recall(id); ok && w.good(t) {
		return t, nil
	}
	return c.wait(ctx, id, w)
}

// wait shares one look for the token with every other call that needs it.
func (c *Cache) wait(ctx context.Context, id identity, w want) (schema.Token, error) {
	for {
		f, mine := c.join(id, func(ctx context.Context) (schema.Token, bool, error) { return c.load(ctx, id, w) })
		if f == nil {
			return schema.Token{}, context.Canceled
		}
		select {
		case <-ctx.Done():
			return schema.Token{}, ctx.Err()
		case <-f.done:
		}
		// What someone else looked for may be the very token refused here, so look again. A fresh token
		// is taken as it comes: a server that gives out the same one again has no other.
		if f.err != nil || mine || f.fetched || w.good(f.token) {
			return f.token, f.err
		}
	}
}

func (c *Cache) recall(id identity) (schema.Token, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	t, ok := c.tokens[id]
	return t, ok
}

func (c *Cache) remember(id identity, t schema.Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.tokens[id]; !known && len(c.tokens) >= memoryLimit {
		for other := range c.tokens {
			delete(c.tokens, other)
			break
		}
	}
	c.tokens[id] = t
}
