package consumer

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/journeyhook/journeyhook/internal/sabotage"
	"github.com/journeyhook/journeyhook/schema"
)

// handle brings one message to its end.
func (c *Consumer) handle(h *held) {
	defer h.leave(nil)
	if !h.sure() {
		h.giveBack(0) // its call would be another worker's too
		return
	}
	if c.blocked() {
		h.giveBack(giveBackDelay)
		return
	}
	step, err := c.decode(h.msg.Subject(), h.msg.Headers(), h.msg.Data())
	h.progress.Date(&step, h.stored)
	if err != nil {
		c.bury(h, step, err)
		return
	}
	hook, err := c.lookup(c.hard, step.ProjectID, step.WebhookID)
	if c.over(h, &step) {
		return
	}
	if err != nil {
		c.Log.Warn().Err(err).Str("project", step.ProjectID).Str("webhook", step.WebhookID).Msg("can't ask for the webhook; its step waits in the backlog")
		c.moveToBacklog(h, &step)
		return
	}
	if hook == nil {
		c.settle(h, &step, &schema.Webhook{}, exit(schema.ReasonWebhookDeleted, "there is no such webhook (any more)"), schema.Outcome{})
		return
	}
	if !c.enter(h, hook) {
		c.moveToBacklog(h, &step)
		return
	}
	outcome := c.attempt(h, hook, &step)
	if c.hard.Err() != nil {
		h.giveBack(0) // cut short by us, which says nothing about the endpoint
		return
	}
	if outcome.Unsure {
		c.Log.Warn().Str("project", step.ProjectID).Str("webhook", step.WebhookID).Str("step", step.ID).
			Msg("this worker stood still during a call that brought no answer; the attempt is repeated and does not count")
		h.giveBack(giveBackDelay)
		return
	}
	c.finish(h, hook, &step, outcome)
}

// enter gets room for the call, and a slot where the webhook's calls are limited per second. Steps of a webhook that
// is paused, or can't be opened here (C43), have none, and fresh ones join those that wait already.
func (c *Consumer) enter(h *held, hook *schema.Webhook) bool {
	if h.room != nil {
		c.footprint.enter(h, hook.Key())
		return !waits(hook)
	}
	fresh := h.lane == nil
	if !c.footprint.enter(h, hook.Key()) {
		return false
	}
	if waits(hook) || fresh && c.backlog.has(hook) {
		return false
	}
	var at time.Time
	if hook.Limits.Rate > 0 {
		var ok bool
		if at, ok = c.rates.claim(c.soft, hook, 1, true); !ok {
			return false
		}
		if pause(c.soft, time.Until(at)); c.soft.Err() != nil {
			return false
		}
	}
	c.quotas.ensure(c.soft, hook)
	var ok bool
	h.room, ok = c.gate.enter(c.soft, hook, fresh)
	if ok && hook.Limits.Rate > 0 && time.Since(at) > slotLife {
		h.leave(nil) // the slot has passed meanwhile, and the next second has its own
		return false
	}
	return ok
}

// attempt makes the call. Its room is given back as soon as the call has ended.
func (c *Consumer) attempt(h *held, hook *schema.Webhook, step *schema.Step) schema.Outcome {
	c.Metrics.inFlight.Inc()
	defer c.Metrics.inFlight.Dec()
	if sabotage.Guard == sabotage.AckFirst {
		_ = h.msg.Ack()
	}
	if c.Tiles != nil {
		c.Tiles.Learn(step)
	}
	outcome := c.dispatch(hook, step)
	h.leave(&outcome)
	return outcome
}

// dispatch makes the attempt. A fault of our own in it is an attempt that failed: the worker would end by it otherwise, and after
// it the next one that gets the step.
func (c *Consumer) dispatch(hook *schema.Webhook, step *schema.Step) (outcome schema.Outcome) {
	began := time.Now()
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		// What it says may be the user's data; where it was is not.
		c.Log.Error().Str("project", step.ProjectID).Str("webhook", step.WebhookID).Str("step", step.ID).
			Str("fault", fmt.Sprintf("%T", fault)).Bytes("stack", debug.Stack()).Msg("an attempt failed by a fault of journeyhook's; please report it")
		outcome = schema.Outcome{
			Verdict: schema.Failed, Reason: schema.ReasonConnection, Detail: "a fault of journeyhook's; the worker's log says where it is, please report it",
			Call: schema.Call{Method: hook.Method, Started: began, Ended: time.Now()},
		}
	}()
	return c.Dispatcher.Dispatch(c.hard, hook, step)
}

// finish does what was decided.
func (c *Consumer) finish(h *held, hook *schema.Webhook, step *schema.Step, out schema.Outcome) {
	d := decide(hook, out, h.progress.Attempt)
	c.record(h, hook, step, out, d)
	if d.next == schema.NextRetry {
		c.postpone(h, step, out.Call.Ended, d.wait, true)
		return
	}
	c.settle(h, step, hook, d, out)
}

// lookup finds a webhook: nil when it is gone for good. An error says that nobody can tell (C31).
func (c *Consumer) lookup(ctx context.Context, project, webhook string) (*schema.Webhook, error) {
	if hook, found := c.Webhooks.Lookup(project, webhook); found {
		return hook, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	hook, found, err := c.Webhooks.Fetch(ctx, project, webhook)
	if err != nil || !found {
		return nil, err
	}
	return hook, nil
}

// giveBackDelay is how long a step that nobody here can attempt stays away.
const giveBackDelay = 5 * time.Second
