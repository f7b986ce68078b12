package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// recoverWithin is how long anything may take to work again, NATS being away meanwhile included.
const recoverWithin = 2 * time.Minute

// hurt makes the planned faults at their times and returns when all are over.
func (w *world) hurt(ctx context.Context, faults []Planned, say func(string, ...any)) {
	began := time.Now()
	var making sync.WaitGroup
	defer making.Wait()
	for i, p := range faults {
		if pause(ctx, time.Until(began.Add(p.After))) != nil {
			return
		}
		making.Go(func() {
			f, err := w.make(ctx, p, i)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				f.Recovered = -1
				w.ledger.complain(fmt.Errorf("%s of %s: %w", p.Kind, f.Target, err))
			}
			w.ledger.fault(f)
			back := "back after " + f.Recovered.Round(time.Millisecond).String()
			if f.Recovered < 0 {
				back = "not back"
			}
			say("%6.1fs %-17s %-10s for %6s, %s", f.From.Sub(began).Seconds(), f.Kind, f.Target, f.Until.Sub(f.From).Round(time.Millisecond), back)
		})
	}
}

// make makes one fault and waits until the part works again.
func (w *world) make(ctx context.Context, p Planned, nth int) (Fault, error) {
	switch p.Kind {
	case WorkerKill, WorkerTerm, WorkerStop, WorkerNap, WorkerUpgrade:
		return w.hurtWorker(ctx, p)
	case NATSKill, NATSRestart, NATSAway, NATSNode:
		return w.hurtNATS(ctx, p)
	case NATSStepDown:
		return w.stepDown(ctx, p)
	case ConsumerDelete:
		return w.deleteConsumer(ctx, p)
	case NATSFull:
		return w.fillNATS(ctx, p)
	case NATSLag:
		return w.lagNATS(ctx, p)
	case NATSRoute:
		return w.partition(ctx, p, nth)
	case LinkNATS, LinkNATSSilent, LinkNATSUp, LinkNATSDown, LinkNATSLate:
		return w.cutOff(ctx, p)
	case LinkEndpoint, LinkReset:
		return w.cutEndpoint(ctx, p)
	case LinkRedis, LinkRedisOne, RedisRestart, RedisAway, RedisFull, RedisReadonly, RedisSlow:
		return w.hurtRedis(ctx, p)
	case BucketLost:
		return w.loseBucket(ctx, p)
	case WebhookEdit, WebhookPause, WebhookRecreate:
		return w.change(ctx, p, nth)
	case TokenRevoke:
		f := Fault{Kind: p.Kind, Target: hookOrders, From: time.Now()}
		w.tokens.RevokeAll()
		f.Until = time.Now()
		return f, w.recovered(ctx, &f, hookOrders)
	}
	return Fault{Kind: p.Kind}, errors.New("nobody knows how to make it")
}

// recovered waits until a step first published after the fault got its webhook's answer.
func (w *world) recovered(ctx context.Context, f *Fault, webhook string) error {
	err := child.Until(ctx, recoverWithin, webhook+" served again", func() bool {
		return w.ledger.lastServed(webhook).After(f.Until)
	})
	f.Recovered = time.Since(f.Until)
	return err
}

// change edits a webhook while its steps wait.
func (w *world) change(ctx context.Context, p Planned, nth int) (Fault, error) {
	id := map[Kind]string{WebhookEdit: hookEdited, WebhookPause: hookPaused, WebhookRecreate: hookRecreated}[p.Kind]
	w.hooksMu[id].Lock()
	defer w.hooksMu[id].Unlock()
	f := Fault{Kind: p.Kind, Target: id, From: time.Now()}
	def := w.definition(id, pathOf(id))
	switch p.Kind {
	case WebhookEdit:
		path := fmt.Sprintf("/fail/1/edited/%d", nth+1)
		err := w.put(ctx, w.definition(id, path))
		f.Until = time.Now()
		if err == nil {
			err = child.Until(ctx, recoverWithin, "the edit seen", func() bool { return w.ledger.lastCalled(id) == path })
		}
		f.Recovered = time.Since(f.Until)
		return f, err
	case WebhookPause:
		def.State = schema.Paused
		if err := w.put(ctx, def); err != nil {
			return f, err
		}
		def.State = schema.Active
	default:
		if err := w.insist(ctx, func(ctx context.Context) error {
			if err := w.store.Delete(ctx, project, id); !errors.Is(err, webhooks.ErrNotFound) {
				return err
			}
			return nil
		}); err != nil {
			return f, err
		}
	}
	_ = pause(ctx, p.For)
	err := w.put(ctx, def)
	f.Until = time.Now()
	if err != nil {
		return f, err
	}
	return f, w.recovered(ctx, &f, id)
}

func (w *world) put(ctx context.Context, def *schema.Webhook) error {
	return w.insist(ctx, func(ctx context.Context) error {
		_, _, err := w.store.Put(ctx, def)
		return err
	})
}

// insist repeats an edit that NATS was away for.
func (w *world) insist(ctx context.Context, edit func(context.Context) error) error {
	var last error
	err := child.Until(ctx, recoverWithin, "an edit", func() bool {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		last = edit(try)
		return last == nil
	})
	return errors.Join(err, last)
}
