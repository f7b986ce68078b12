package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/schema"
)

const (
	manyLong   = 1500            // webhooks with a backlog, in a long run
	manyPrefix = "many-"         // of their ids
	manyWithin = 2 * time.Minute // in which all steps are in the backlog
	manyAtOnce = 16              // webhooks are written
	manySteps  = stepsPerRun / 2 // the number of their first step, within a part's
)

// pileUp has many paused webhooks with one step each, and resumes all of them. What they leave behind is judged like
// anything else: each step ends with one result, and nothing stays.
func (w *world) pileUp(ctx context.Context, o options) error {
	if err := w.putMany(ctx, o.many, schema.Paused); err != nil {
		return err
	}
	for i := range o.many {
		if _, stored := w.publishStep(ctx, (o.nodes+o.copies())*stepsPerRun+manySteps+i, manyID(i)); !stored {
			return fmt.Errorf("the step of %s: %w", manyID(i), ctx.Err())
		}
	}
	if err := child.Until(ctx, manyWithin, fmt.Sprintf("%d steps in the backlog", o.many), func() bool {
		_ = pause(ctx, checkHealed)
		n, err := w.messages(ctx, w.names.Backlog())
		w.ledger.piled(int(n))
		return err == nil && n >= uint64(o.many)
	}); err != nil {
		return err
	}
	return w.putMany(ctx, o.many, schema.Active)
}

func manyID(i int) string { return fmt.Sprintf("%s%04d", manyPrefix, i) }

// putMany writes the webhooks in a state.
func (w *world) putMany(ctx context.Context, n int, state schema.State) error {
	var writing sync.WaitGroup
	room := make(chan struct{}, manyAtOnce)
	failed := make(chan error, n)
	for i := range n {
		room <- struct{}{}
		writing.Go(func() {
			defer func() { <-room }()
			def := w.definition(manyID(i), "/hooks/many")
			def.State = state
			if err := w.put(ctx, def); err != nil {
				failed <- err
			}
		})
	}
	writing.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// piled notes how many steps were in the backlog while all those webhooks were paused.
func (l *ledger) piled(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.most = max(l.most, n)
}
