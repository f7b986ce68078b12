package consumer_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/internal/busiest"
	"github.com/journeyhook/journeyhook/internal/raced"
	"github.com/journeyhook/journeyhook/limits"
	"github.com/journeyhook/journeyhook/schema"
)

// calls keeps when calls began and how many were under way at once.
type calls struct {
	mu        sync.Mutex
	at        []time.Time
	now, most int
}

func (c *calls) endpoint(takes time.Duration) endpoint {
	return func(r *http.Request) (*http.Response, error) {
		c.mu.Lock()
		c.at = append(c.at, time.Now())
		c.now++
		c.most = max(c.most, c.now)
		c.mu.Unlock()
		time.Sleep(takes)
		c.mu.Lock()
		c.now--
		c.mu.Unlock()
		return ok(r)
	}
}

// busiest is the largest number of calls within any second.
func (c *calls) busiest() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return busiest.Second(c.at)
}

// together starts three workers that share limits.
func together(t *testing.T, e endpoint) *bench {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	limited := func(name string) func(*consumer.Consumer) {
		return func(c *consumer.Consumer) {
			c.Worker, c.Limits = name, &limits.Limiter{Redis: rdb, Worker: name}
		}
	}
	b := setup(t, e, limited("w1"))
	for _, name := range []string{"w2", "w3"} {
		c := b.newConsumer(e)
		c.Metrics = consumer.NewMetrics(prometheus.NewRegistry())
		limited(name)(c)
		b.consumer = c
		b.start()
	}
	return b
}

func TestARateHoldsOverAllWorkers(t *testing.T) {
	t.Parallel()
	const rate = 50
	c := &calls{}
	b := together(t, c.endpoint(0))
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.Limits.Rate = rate }))
	begun := time.Now()
	b.send(steps(4*rate, "crm")...)
	b.results(4*rate, 30*time.Second)
	// Of a second's worth each 20 ms late may push one call into the next second.
	if most := c.busiest(); most > rate+5 {
		t.Errorf("%d calls within a second, the limit is %d", most, rate)
	}
	if took := time.Since(begun); took < 3*time.Second-100*time.Millisecond {
		t.Errorf("%d calls at %d a second took %s", 4*rate, rate, took)
	}
}

func TestABurstAfterQuietIsCalledAtOnce(t *testing.T) {
	t.Parallel()
	c := &calls{}
	b := together(t, c.endpoint(0))
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.Limits.Rate = 5 }))
	b.send(steps(5, "crm")...)
	b.results(5, 10*time.Second)
	if most := c.busiest(); most < 3 {
		t.Errorf("at most %d calls within a second; a second's worth is 5", most)
	}
}

// Webhooks whose backlogs are found together would otherwise be called together, second after second.
func TestBacklogsFoundTogetherAreCalledApart(t *testing.T) {
	t.Parallel()
	c := &calls{}
	b := setup(t, c.endpoint(0))
	const many = 40
	var ids []string
	for i := range many {
		ids = append(ids, fmt.Sprint("crm", i))
		b.hooks.set(hook(ids[i], func(w *schema.Webhook) { w.State, w.Limits.Rate = schema.Paused, 1 }))
		b.send(steps(1, ids[i])...)
	}
	b.count(b.names.Backlog(), many, 10*time.Second)
	for _, id := range ids {
		b.hooks.set(hook(id, func(w *schema.Webhook) { w.Limits.Rate = 1 }))
	}
	b.results(many, 20*time.Second)
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortFunc(c.at, time.Time.Compare)
	if spread := c.at[many-1].Sub(c.at[0]); spread < 500*time.Millisecond {
		t.Errorf("%d webhooks were called within %s", many, spread)
	}
}

func TestConcurrencyHoldsOverAllWorkers(t *testing.T) {
	t.Parallel()
	const limit = 6
	c := &calls{}
	b := together(t, c.endpoint(30*time.Millisecond))
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.Limits.Concurrency = limit }))
	b.send(steps(300, "crm")...)
	b.results(300, 30*time.Second)
	if c.most > limit || c.most < limit/2 {
		t.Errorf("%d calls at once, the limit is %d", c.most, limit)
	}
}

// away is a Redis that is not there.
type away struct{}

func (away) Reserve(context.Context, string, float64, int, bool, time.Duration) (schema.Slots, error) {
	return schema.Slots{}, errors.New("away")
}

func (away) Share(context.Context, string, int, int, int) (int, error) { return 0, errors.New("away") }

func TestLimitsGoOnWithoutRedis(t *testing.T) {
	t.Parallel()
	c := &calls{}
	b := setup(t, c.endpoint(20*time.Millisecond), func(c *consumer.Consumer) { c.Limits = away{} })
	b.hooks.set(hook("rated", func(w *schema.Webhook) { w.Limits.Rate = 100 }))
	b.hooks.set(hook("narrow", func(w *schema.Webhook) { w.Limits.Concurrency = 20 }))
	b.send(steps(30, "rated")...)
	b.results(30, 20*time.Second)
	if most := c.busiest(); most > 20 {
		t.Errorf("%d calls within a second; a worker that knows of no others takes a tenth of 100", most)
	}
	c.most = 0
	b.send(steps(40, "narrow")...)
	b.results(70, 20*time.Second)
	if c.most > 2 {
		t.Errorf("%d calls at once; a worker that knows of no others takes a tenth of 20", c.most)
	}
}

// Webhooks with a limited rate do not wait for each other's turns: many of them are called at their rates at once.
func TestManyLimitedBacklogsAreDrainedAtOnce(t *testing.T) {
	t.Parallel()
	webhooks, each := 200, 3
	if raced.On() {
		webhooks = 80
	}
	b := setup(t, ok)
	for i := range webhooks {
		b.hooks.set(hook(fmt.Sprintf("w%d", i), func(w *schema.Webhook) { w.State = schema.Paused }))
		b.send(steps(each, fmt.Sprintf("w%d", i))...)
	}
	b.count(b.names.Backlog(), webhooks*each, 20*time.Second)
	for i := range webhooks {
		b.hooks.set(hook(fmt.Sprintf("w%d", i), func(w *schema.Webhook) { w.Limits.Rate = 10 })) // 1 without Redis
	}
	b.results(webhooks*each, 4*time.Second) // one after the other they would need 19
}
