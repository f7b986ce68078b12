package consumer

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/moment"
	"github.com/journeyhook/journeyhook/schema"
)

// backlog holds the steps that wait for room on their own webhook. A step is moved there once, and each
// webhook's part is drained by a consumer of its own, made while there is something in it. Any worker
// finds any backlog, so none is forgotten when a worker dies.
type backlog struct {
	consumer *Consumer
	work     sync.WaitGroup

	count  atomic.Int64 // of draining, for the hot path
	mu     sync.RWMutex
	drains map[string]*drain
	found  []schema.Name // that had something waiting at the last look
	ended  bool          // no drain begins any more
	ctx    context.Context

	binding  chan struct{} // has room for those that make or look up their consumer
	turns    *turns
	spares   map[string]spare
	untidy   moment.Moment // until when no consumer is removed
	refusals refusals
	strange  atomic.Bool // something is stored on a subject that is no webhook's
}

const (
	lookEvery = time.Second // how often other workers' backlogs are looked for
	bindMost  = 4           // drains make or look up their consumers at once: the server does one after the other, for all workers
	growing   = 1000        // waiting steps of one webhook worth a notification, and each ten times as many
)

// begin is called before anything else; drains run until ctx ends.
func (b *backlog) begin(ctx context.Context, c *Consumer) {
	b.consumer, b.ctx = c, ctx
	b.drains, b.binding = map[string]*drain{}, make(chan struct{}, bindMost)
	b.turns, b.spares = newTurns(), map[string]spare{}
}

// has reports whether a webhook's steps wait already; fresh ones then join them, to keep their order.
func (b *backlog) has(w *schema.Webhook) bool {
	if b.count.Load() == 0 {
		return false
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.drains[w.Key()] != nil
}

// run looks for backlogs until ctx ends, and then waits for the drains.
func (b *backlog) run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if b.consumer.away() == nil {
			b.look(ctx)
		}
		select {
		case <-ctx.Done():
			b.end()
			return
		case <-tick.C:
		}
	}
}

// end waits for the drains. Steps that are moved to the backlog meanwhile are another worker's to find.
func (b *backlog) end() {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	b.work.Wait()
}

// look starts a drain for each webhook that has something waiting.
func (b *backlog) look(ctx context.Context) {
	c := b.consumer
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	stream, err := c.JS.Stream(ctx, c.Names.Backlog())
	if err != nil {
		c.refused(err)
		return // looked again in a second
	}
	if stream.CachedInfo().State.Msgs == 0 {
		c.Metrics.backlog.Set(0)
		return
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(c.Names.All("backlog")))
	if err != nil {
		c.refused(err)
		return
	}
	c.Metrics.backlog.Set(float64(info.State.Msgs))
	var found []schema.Name
	for subject, waiting := range info.State.Subjects {
		project, webhook, ok := c.Names.StepAddress(subject)
		if !ok {
			b.strange.Store(true)
			continue
		}
		found = append(found, schema.Name{Project: project, ID: webhook})
		b.add(project, webhook).tell(int64(waiting))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.found = found
}

// some are up to n webhooks that had something waiting lately, others each time.
func (b *backlog) some(n int) []schema.Name {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var picked []schema.Name
	for _, i := range rand.Perm(len(b.found))[:min(n, len(b.found))] {
		picked = append(picked, b.found[i])
	}
	return picked
}

// add makes sure that a webhook's backlog is being drained.
func (b *backlog) add(project, webhook string) *drain {
	key := project + "." + webhook
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := b.drains[key]; d != nil {
		return d
	}
	d := &drain{backlog: b, project: project, webhook: webhook, more: make(chan struct{}, 1)}
	if b.ended {
		return d
	}
	d.pulls = b.reuse(key)
	b.drains[key] = d
	b.count.Add(1)
	b.work.Go(func() { d.run(b.ctx) })
	return d
}

func (d *drain) key() string { return d.project + "." + d.webhook }

// remove forgets a drain that found nothing more.
func (b *backlog) remove(d *drain) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.drains, d.key())
	b.count.Add(-1)
}

// tell raises a notification when a backlog has grown by another power of ten.
func (d *drain) tell(waiting int64) {
	level := int64(0)
	for mark := int64(growing); waiting >= mark; mark *= 10 {
		level = mark
	}
	c := d.backlog.consumer
	if old := d.told.Swap(level); level <= old || c.Notifier == nil {
		return
	}
	detail := "more steps come than this webhook's endpoint or its limits take; they wait, and nobody exits for it"
	switch hook, known := c.Webhooks.Lookup(d.project, d.webhook); {
	case known && hook.State == schema.Paused:
		detail = "the webhook is paused, and its steps wait until it is resumed"
	case known && hook.Locked:
		detail = "the webhook's secrets can't be opened with the secret keys that workers have, and its steps wait until they can"
	}
	now := time.Now().UTC()
	c.Notifier.Raise(schema.Notification{
		ProjectID: d.project, WebhookID: d.webhook, Kind: schema.KindBacklogGrowing, Count: 1, FirstAt: now, LastAt: now,
		Sample: schema.Sample{Detail: detail},
	})
}
