package consumer_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/schema"
)

// sleepy is a dispatcher that slept through the first call of a step.
type sleepy struct{ calls atomic.Int32 }

func (s *sleepy) Dispatch(context.Context, *schema.Webhook, *schema.Step) schema.Outcome {
	if s.calls.Add(1) == 1 {
		return schema.Outcome{Verdict: schema.Failed, Reason: schema.ReasonTimeout, Unsure: true}
	}
	return schema.Outcome{Verdict: schema.Delivered, Reason: schema.ReasonDelivered, Status: 200}
}

func TestAnAttemptThatAWorkerSleptThroughDoesNotCount(t *testing.T) {
	t.Parallel()
	d := &sleepy{}
	b := setup(t, ok, func(c *consumer.Consumer) { c.Dispatcher = d })
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.Retry.Max = 0 }))
	b.send(step("s1", "crm"))
	if r := b.results(1, 10*time.Second)["s1"]; r.Outcome != schema.Continue || r.Attempts != 1 || d.calls.Load() != 2 {
		t.Errorf("%d calls, %+v", d.calls.Load(), r)
	}
}
