package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/schema"
)

const (
	healWithin  = time.Minute           // a consumer that was deleted is there again, and works
	drainWithin = 5 * time.Second       // how long a drain's consumer is looked for
	drainPrefix = "drain-"              // of the consumers of backlogs
	looksWithin = 2 * time.Second       // of one question to NATS
	checkHealed = 50 * time.Millisecond // between two of them
)

// deleteConsumer deletes a consumer that workers share, as an operator may by mistake: that of STEPS, a lane's, or a
// backlog's. One that nobody makes anew is made here, so that the rest of the run is judged.
func (w *world) deleteConsumer(ctx context.Context, p Planned) (Fault, error) {
	w.natsMu.Lock()
	defer w.natsMu.Unlock()
	stream, name := w.victim(ctx, p.Target)
	f := Fault{Kind: p.Kind, Target: name, From: time.Now()}
	if err := w.insist(ctx, func(ctx context.Context) error {
		if err := w.js.DeleteConsumer(ctx, stream, name); !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return err
		}
		return nil
	}); err != nil {
		return f, err
	}
	f.Until = time.Now()
	if err := child.Until(ctx, healWithin, name+" of "+stream+" made anew", func() bool { return w.healed(ctx, stream, name) }); err != nil {
		return f, errors.Join(err, w.insist(ctx, func(ctx context.Context) error { return app.Provision(ctx, w.js, w.stores) }))
	}
	f.Recovered = time.Since(f.Until)
	if name == schema.StepsConsumer {
		return f, w.recovered(ctx, &f, hookSteady)
	}
	return f, nil
}

// victim picks the consumer to delete: STEPS' own, the shortest lane's, or one of a backlog where there is one.
func (w *world) victim(ctx context.Context, which int) (stream, name string) {
	switch which % 3 {
	case 0:
		return w.names.Steps(), schema.StepsConsumer
	case 1:
		if child.Until(ctx, drainWithin, "a backlog's consumer", func() bool {
			name = w.drain(ctx)
			return name != ""
		}) == nil {
			return w.names.Backlog(), name
		}
	}
	return w.names.Retries(), schema.LaneConsumer(schema.Lanes[0])
}

// drain is the backlog's consumer that has the most to do, "" where there is none.
func (w *world) drain(ctx context.Context) (name string) {
	ctx, cancel := context.WithTimeout(ctx, looksWithin)
	defer cancel()
	s, err := w.js.Stream(ctx, w.names.Backlog())
	if err != nil {
		return ""
	}
	most := uint64(0)
	for c := range s.ListConsumers(ctx).Info() {
		if has := c.NumPending + uint64(c.NumAckPending); strings.HasPrefix(c.Name, drainPrefix) && (name == "" || has > most) {
			name, most = c.Name, has
		}
	}
	return name
}

// healed reports whether a consumer is there again. A backlog's is not needed when nothing waits.
func (w *world) healed(ctx context.Context, stream, name string) bool {
	_ = pause(ctx, checkHealed)
	ctx, cancel := context.WithTimeout(ctx, looksWithin)
	defer cancel()
	if _, err := w.js.Consumer(ctx, stream, name); err == nil {
		return true
	}
	_, webhook, drain := strings.Cut(name, "=")
	if !drain {
		return false
	}
	s, err := w.js.Stream(ctx, stream)
	if err != nil {
		return false
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(w.names.BacklogSubject(project, webhook)))
	return err == nil && len(info.State.Subjects) == 0
}

// healing is what is wrong about how a fault was healed, "" when nothing is.
func healing(f Fault) string {
	if f.Kind == ConsumerDelete && (f.Recovered < 0 || f.Recovered > healWithin) {
		return fmt.Sprintf("consumer %s was deleted at %s and not made anew within %s", f.Target, f.From.Format("15:04:05.000"), healWithin)
	}
	return ""
}
