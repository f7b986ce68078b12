package consumer

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A server's life lasts from its start to its end, and its word on what was delivered no longer than that. Where servers
// share a stream or a consumer, a life is how long one of them leads.

const lifeWait = 2 * time.Second // for a server to say who it is

// oneServer reports whether one server keeps everything, and this worker is connected to that one.
func (c *Consumer) oneServer() bool {
	nc, in, o := c.JS.Conn(), c.steps.CachedInfo().Cluster, c.JS.Options()
	if nc.ConnectedClusterName() != "" || o.Domain != "" || o.APIPrefix != "" {
		return false
	}
	return in == nil || len(in.Replicas) == 0 && (in.Leader == "" || in.Leader == nc.ConnectedServerName() || !nc.IsConnected())
}

// life is one of a server.
type life struct {
	name  string
	named bool      // no other life has that name
	since time.Time // it is known to have lasted since then; zero where there was none before
}

// lead is who leads a stream, or a consumer of it, and when that was made.
type lead struct {
	stream  string
	in      *jetstream.ClusterInfo
	created time.Time
}

// learn takes in the life of whoever leads. Of a server that does not answer nothing is known.
func (c *Consumer) learn(m *memory, ask func(context.Context) (lead, error)) {
	m.check(func() life {
		ctx, cancel := context.WithTimeout(c.last, lifeWait)
		defer cancel()
		l, err := ask(ctx)
		if err != nil {
			return life{since: time.Now()}
		}
		return c.lifeOf(ctx, l)
	})
}

// remember finds out whether the server that delivers a consumer's messages may have forgotten something, and returns what
// is known of it: own, where it may be another one than this worker's.
func (c *Consumer) remember(pulls jetstream.Consumer, own *memory) *memory {
	if c.oneServer() {
		c.rememberHome()
		return &c.home
	}
	c.learn(own, func(ctx context.Context) (lead, error) {
		info, err := pulls.Info(ctx)
		if err != nil {
			return lead{}, err
		}
		return lead{info.Stream, info.Cluster, info.Created}, nil
	})
	return own
}

// rememberIDs is remember for the ids of STEPS.
func (c *Consumer) rememberIDs() {
	if c.oneServer() {
		c.rememberHome()
		return
	}
	c.learn(c.ids, func(ctx context.Context) (lead, error) {
		info, err := c.steps.Info(ctx)
		if err != nil {
			return lead{}, err
		}
		return lead{info.Config.Name, info.Cluster, info.Created}, nil
	})
}

// rememberHome is remember for the one server there is. It is in another life when this worker is connected to it anew and it
// calls itself by another id.
func (c *Consumer) rememberHome() {
	if id := c.JS.Conn().ConnectedServerId(); id != "" {
		c.home.check(func() life { return life{id, true, time.Now()} })
	}
}

// rememberAll looks now and then, also where nothing is delivered, whether servers and consumers are what they were.
func (c *Consumer) rememberAll(ctx context.Context) {
	for pause(ctx, c.AckWait/3); c.whenBack(ctx); pause(ctx, c.AckWait/3) {
		for _, s := range c.sources {
			s.watch(ctx)
			c.remember(s.pulls(), &s.memory)
		}
		c.rememberIDs()
	}
}

// lifeOf is the life of whoever leads.
func (c *Consumer) lifeOf(ctx context.Context, l lead) life {
	in := l.in
	switch {
	case in == nil || in.Leader == "":
		return life{since: c.witnesses.remembered(ctx, l.stream)}
	case len(in.Replicas) > 0 && in.LeaderSince != nil:
		since := *in.LeaderSince
		if since.Sub(l.created) < clocksApart {
			since = time.Time{} // the first leader
		}
		return life{in.Leader + in.LeaderSince.String(), true, since}
	case len(in.Replicas) > 0:
		return life{in.Leader, true, time.Now()}
	case in.Leader == c.JS.Conn().ConnectedServerName():
		return life{c.JS.Conn().ConnectedServerId(), true, time.Now()}
	}
	return life{name: in.Leader, since: c.witnesses.remembered(ctx, l.stream)}
}

// recall finds out how far back the server's memory reaches when this worker begins: other workers may have been at
// work, and the server may have begun anew, a moment ago.
func (c *Consumer) recall(ctx context.Context) {
	if !c.whenBack(ctx) {
		return
	}
	now := time.Now()
	for _, s := range c.sources {
		c.remember(s.pulls(), &s.memory)
	}
	c.rememberIDs()
	if c.unused(ctx) {
		c.ids.known(time.Time{})
		return
	}
	for eighths := time.Duration(7); eighths > 0; eighths-- {
		from := now.Add(-c.window / 8 * eighths)
		if at, ok := c.ended(ctx, from); ok {
			c.ids.known(at)
			return
		}
	}
}

// unused reports whether no step has ever come further than STEPS.
func (c *Consumer) unused(ctx context.Context) bool {
	for _, name := range []string{c.Names.Steps(), c.Names.Retries(), c.Names.Backlog(), c.Names.Results()} {
		s, err := c.JS.Stream(ctx, name)
		if err != nil {
			return false
		}
		state := s.CachedInfo().State
		if name == c.Names.Steps() && state.Msgs < state.LastSeq || name != c.Names.Steps() && state.LastSeq > 0 {
			return false
		}
	}
	return true
}

const endedMost = 16

// ended looks among the results from a time on for one of a step that has left STEPS and whose id the server still knows,
// and returns when that result was stored.
func (c *Consumer) ended(ctx context.Context, from time.Time) (at time.Time, ok bool) {
	type result struct {
		id string
		at time.Time
	}
	var some []result
	ctx, cancel := context.WithTimeout(ctx, lifeWait)
	defer cancel()
	err := c.past.archive.ids(ctx, c.Names.Results(), c.Names.All("results"), span{since: from}, func(_ uint64, stored time.Time, id string) bool {
		some = append(some, result{id, stored})
		return len(some) < endedMost
	})
	if err != nil {
		return time.Time{}, false
	}
	for _, r := range some {
		if left(ctx, c.past.archive, c.Names.Steps(), c.Names.StepSubject("~", "~"), r.id) {
			return r.at, true
		}
	}
	return time.Time{}, false
}

// left reports whether the server knows the id of a message that is no longer there.
func left(ctx context.Context, a archive, stream, subject, id string) bool {
	if window, err := a.window(ctx, stream); err != nil || window == 0 {
		return false
	}
	sequence, known, err := a.knows(ctx, subject, id)
	if err != nil || !known {
		return false
	}
	there, err := a.has(ctx, stream, sequence)
	return err == nil && !there
}
