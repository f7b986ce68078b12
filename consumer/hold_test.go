package consumer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A message that came before the first beat may have waited for a process that stood still since it began.
func TestAStopBeforeTheFirstBeatIsSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const wait = 30 * time.Second
		for name, still := range map[string]time.Duration{"a short one": 8 * time.Second, "a long one": 28 * time.Second} {
			b := heartbeats{every: wait / 3}
			b.glance(time.Now())
			time.Sleep(still)
			h := &held{consumer: &Consumer{AckWait: wait}, msg: stored{sequence: 1}}
			b.add(h)
			time.Sleep(18 * time.Second) // within a hold that began at the read, beyond one that began before the stop
			if !h.lost() {
				t.Errorf("%s: held for %s after the read", name, 18*time.Second)
			}
		}
	})
}

func TestAHoldEndsWhenNATSIsNotHeard(t *testing.T) {
	t.Parallel()
	const wait = 30 * time.Second
	heard := func(context.Context, []*held, []byte) error { return nil }
	deaf := func(context.Context, []*held, []byte) error { return errors.New("no answer") }
	for name, c := range map[string]struct {
		tell  func(context.Context, []*held, []byte) error
		still time.Duration // a stop of the whole process before the message is read
		after time.Duration
		lost  bool
	}{
		"just arrived":                      {deaf, 0, time.Second, false},
		"no beat was heard":                 {deaf, 0, wait - time.Second, true},
		"every beat was heard":              {heard, 0, 10 * wait, false},
		"read after a stop of half a wait":  {deaf, wait / 2, time.Second, false},
		"read after a stop of a whole wait": {deaf, wait, 0, true},
		"read after a stop of a whole wait, and the server answers": {heard, wait, 0, true},
		"lost, and then beats are heard":                            {heard, wait, time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := heartbeats{every: wait / 3}
				consumer := &Consumer{AckWait: wait, tell: c.tell, last: t.Context()}
				b.beat(t.Context(), consumer.renew)
				time.Sleep(c.still)
				h := &held{consumer: consumer, msg: stored{sequence: 1}}
				b.add(h)
				ctx, stop := context.WithCancel(t.Context())
				go b.run(ctx, consumer.renew)
				time.Sleep(c.after)
				if h.sure() == c.lost {
					t.Errorf("lost: %t", h.lost())
				}
				stop()
				synctest.Wait()
			})
		})
	}
}
