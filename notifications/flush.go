package notifications

import (
	"context"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// windows count notifications while they are open.
type windows interface {
	// add counts n in its window, opening one if need be, and returns the window's first report for as
	// long as nobody said that it was published.
	add(ctx context.Context, n schema.Notification) (*report, error)

	// due returns the last reports of windows that ended. What is not done soon is due again.
	due(ctx context.Context) ([]report, error)

	// done says that a report was published.
	done(ctx context.Context, r report) error
}

// report is a notification to publish.
type report struct {
	n      schema.Notification
	window string // tells it from every other window
	last   bool
}

func (r report) msgID() string {
	if r.last {
		return "notification:" + r.window + ":last"
	}
	return "notification:" + r.window + ":first"
}

// debt is a first report that could not be published yet.
type debt struct {
	report report
	of     windows
}

// flush counts what was raised since the last time, and publishes what is new.
func (c *Center) flush(ctx context.Context) {
	c.mu.Lock()
	pending, dropped := c.pending, c.dropped
	c.pending, c.dropped = map[key]schema.Notification{}, 0
	c.mu.Unlock()
	if dropped > 0 {
		c.Log.Warn().Int64("dropped", dropped).Msg("more different notifications at once than are kept")
	}
	for _, n := range pending {
		r, of := c.count(ctx, n)
		if r != nil {
			c.owed[r.window] = debt{*r, of}
		}
	}
	if len(pending) > 0 {
		c.settle(ctx)
	}
}

// count adds n to the workers' shared window, or to one of this worker's own while Redis is away.
func (c *Center) count(ctx context.Context, n schema.Notification) (*report, windows) {
	if c.reachable() {
		r, err := c.shared.add(ctx, n)
		if err == nil {
			return r, c.shared
		}
		c.lost(err)
	}
	r, err := c.own.add(ctx, n)
	if err != nil {
		c.Log.Error().Err(err).Msg("a notification could not be counted")
	}
	return r, c.own
}

// settle publishes the first reports that are owed.
func (c *Center) settle(ctx context.Context) {
	for window, d := range c.owed {
		if !c.publish(ctx, d.of, d.report) {
			return // the others would fare no better
		}
		delete(c.owed, window)
	}
}

// end publishes the last reports of windows that ended, also those other workers opened.
func (c *Center) end(ctx context.Context) {
	for _, of := range []windows{c.shared, c.own} {
		if of == nil || of == c.shared && !c.reachable() {
			continue
		}
		reports, err := of.due(ctx)
		if err != nil {
			c.lost(err)
			continue
		}
		for _, r := range reports {
			delete(c.owed, r.window) // it is part of the last report's count
			if !c.publish(ctx, of, r) {
				return
			}
		}
	}
}

// endOwn ends this worker's own windows early, since nobody else can.
func (c *Center) endOwn(ctx context.Context) {
	own, ok := c.own.(*ownWindows)
	if !ok {
		return
	}
	for _, r := range own.all() {
		if !c.publish(ctx, own, r) {
			return
		}
	}
}

func (c *Center) publish(ctx context.Context, of windows, r report) bool {
	limited, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := c.Publisher.Publish(limited, r.n, r.msgID()); err != nil {
		if ctx.Err() == nil {
			c.Log.Warn().Err(err).Str("project", r.n.ProjectID).Msg("a notification could not be published; it is tried again")
		}
		return false
	}
	if err := of.done(ctx, r); err != nil {
		c.lost(err)
	}
	return true
}

// reachable reports whether Redis is worth asking: there is one, and no operation failed just now.
func (c *Center) reachable() bool { return c.shared != nil && !time.Now().Before(c.away) }

func (c *Center) lost(err error) {
	c.away = time.Now().Add(redisCooldown)
	if time.Since(c.told) < time.Minute {
		return // a long outage is told of once a minute, not at every try
	}
	c.told = time.Now()
	c.Log.Warn().Err(err).Msg("Redis can't be used; notifications are counted in this worker meanwhile")
}
