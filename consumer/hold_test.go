package consumer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// beaten is a message that is never acked.
type beaten struct{ stored }

func (beaten) InProgress() error { return nil }

func TestAHoldEndsWhenNATSIsNotHeard(t *testing.T) {
	t.Parallel()
	const wait = 30 * time.Second
	heard := func(context.Context) error { return nil }
	deaf := func(context.Context) error { return errors.New("no answer") }
	for name, c := range map[string]struct {
		beat  func(context.Context) error
		still time.Duration // a stop of the whole process before the message is read
		after time.Duration
		lost  bool
	}{
		"just arrived":                      {deaf, 0, time.Second, false},
		"no beat was heard":                 {deaf, 0, wait - time.Second, true},
		"every beat was heard":              {heard, 0, 10 * wait, false},
		"read after a stop of half a wait":  {deaf, wait / 2, time.Second, false},
		"read after a stop of a whole wait": {deaf, wait, 0, true},
		"lost, and then beats are heard":    {heard, wait, time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := heartbeats{every: wait / 3}
				b.beat(t.Context(), heard)
				time.Sleep(c.still)
				h := &held{consumer: &Consumer{AckWait: wait}, msg: beaten{stored{sequence: 1}}}
				b.add(h)
				ctx, stop := context.WithCancel(t.Context())
				go b.run(ctx, c.beat)
				time.Sleep(c.after)
				if h.lost() != c.lost {
					t.Errorf("lost: %t", h.lost())
				}
				stop()
				synctest.Wait()
			})
		})
	}
}
