// Package notifications raises the entries of a project's notification center, once however many
// workers and users meet the same trouble, and lists them.
//
// The first notification of a webhook, kind and reason opens a window and is published at once. When
// the window ends, one more with the whole count follows if there was more to tell (C26, C44). The
// window lives in Redis, where any worker can end it; while Redis is away each worker has windows of
// its own. Not counted is what comes when 10,000 different ones wait to be flushed (the log says how many), what
// Redis forgets, a window that nobody has ended a day after it was over, and what was only in the memory of a
// worker that was killed.
package notifications

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
)

const (
	defaultWindow = 15 * time.Minute
	flushPause    = 250 * time.Millisecond // between two flushes, so that a flood is counted here first
	pollEvery     = time.Second            // for windows that ended
	keysLimit     = 10_000                 // different notifications waiting to be flushed
	redisCooldown = 2 * time.Second        // after an operation that went wrong
	callTime      = 2 * time.Second        // for one Redis operation or one publish
	farewell      = 5 * time.Second        // for the last flush at shutdown
)

// Publisher puts a notification into its project's notification center. The same id means the same
// notification, which may be published twice and must be there once.
type Publisher interface {
	Publish(ctx context.Context, n schema.Notification, msgID string) error
}

// Center collects what is raised and publishes it. Its fields must not change after the first call.
type Center struct {
	Publisher Publisher
	Redis     redis.UniversalClient // shares windows between workers; nil = windows of this worker alone
	Prefix    string                // of Redis keys; "" = "journeyhook"
	Window    time.Duration         // 0 = 15 minutes
	Log       zerolog.Logger

	once    sync.Once
	wake    chan struct{}
	shared  windows // nil without Redis
	own     windows
	away    time.Time // Redis is not asked before
	told    time.Time // when an outage of Redis was last logged
	owed    map[string]debt
	mu      sync.Mutex
	pending map[key]schema.Notification
	dropped int64
}

// key is what makes two notifications the same.
type key struct {
	project, webhook string
	kind             schema.Kind
	reason           schema.Reason
}

func keyOf(n schema.Notification) key { return key{n.ProjectID, n.WebhookID, n.Kind, n.Reason} }

func (k key) String() string {
	return k.project + "." + k.webhook + "." + string(k.kind) + "." + string(k.reason)
}

func (c *Center) begin() {
	c.once.Do(func() {
		c.wake = make(chan struct{}, 1)
		c.pending = map[key]schema.Notification{}
		c.owed = map[string]debt{}
		window := cmp.Or(c.Window, defaultWindow)
		c.own = &ownWindows{length: window, open: map[key]*ownWindow{}}
		if c.Redis != nil {
			c.shared = &redisWindows{client: c.Redis, length: window, prefix: cmp.Or(c.Prefix, "journeyhook")}
		}
	})
}

// Raise counts a notification and never waits. Zero values of its count and times mean one, now. One
// without a project has no notification center to go to and is only logged.
func (c *Center) Raise(n schema.Notification) {
	if !schema.ValidID(n.ProjectID) {
		c.Log.Warn().Str("kind", string(n.Kind)).Str("reason", string(n.Reason)).Str("detail", n.Sample.Detail).Msg("a notification belongs to no project")
		return
	}
	c.begin()
	n.Count = max(n.Count, 1)
	if n.FirstAt.IsZero() {
		n.FirstAt = time.Now().UTC()
	}
	if n.LastAt.Before(n.FirstAt) {
		n.LastAt = n.FirstAt
	}
	c.mu.Lock()
	k := keyOf(n)
	before, known := c.pending[k]
	switch {
	case known:
		c.pending[k] = merge(before, n)
	case len(c.pending) < keysLimit:
		c.pending[k] = n
	default:
		c.dropped++
	}
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// merge adds n to what was counted before; the first one's sample stays.
func merge(before, n schema.Notification) schema.Notification {
	before.Count += n.Count
	if n.FirstAt.Before(before.FirstAt) {
		before.FirstAt = n.FirstAt
	}
	if n.LastAt.After(before.LastAt) {
		before.LastAt = n.LastAt
	}
	return before
}

// Run publishes until ctx ends, and then what is left. Windows in Redis are ended by another worker or
// the next one.
func (c *Center) Run(ctx context.Context) error {
	c.begin()
	whole := context.WithoutCancel(ctx) // what was begun is finished; every call has its own limit
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(whole, farewell)
			defer cancel()
			c.flush(last)
			c.settle(last)
			c.endOwn(last)
			return nil
		case <-c.wake:
			c.flush(whole)
			select { // what comes meanwhile is counted together
			case <-ctx.Done():
			case <-time.After(flushPause):
			}
		case <-poll.C:
			c.settle(whole)
			c.end(whole)
		}
	}
}
