package consumer

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/walljump"
	"github.com/journeyhook/journeyhook/schema"
)

// A hold lasts as long as it must, whatever the wall clock said when it began. The jump is one of a clock that was set
// after that.
func TestAHoldOutlastsAJumpOfTheClock(t *testing.T) {
	t.Parallel()
	const wait = time.Second
	for _, jump := range []time.Duration{0, time.Hour, -time.Hour} {
		now := walljump.By(time.Now(), jump)
		b := heartbeats{every: wait / 3}
		h := &held{consumer: &Consumer{AckWait: wait}, stored: now.Round(0)}
		b.take(h, now)
		if h.lost() || h.old {
			t.Fatalf("jump by %s: lost at once, or old", jump)
		}
		time.Sleep(wait)
		if !h.lost() {
			t.Errorf("jump by %s: held for longer than the server waits", jump)
		}
	}
}

// What another process is told of the end of a hold is a time of the present wall clock.
func TestTheEndOfAHoldIsToldByThePresentClock(t *testing.T) {
	t.Parallel()
	h := &held{consumer: &Consumer{AckWait: time.Minute}}
	h.since(walljump.By(time.Now(), time.Hour))
	if off := time.Until(h.hold().Until.Round(0)) - 50*time.Second; off.Abs() > 5*time.Second {
		t.Errorf("the hold is told to end %s later than it does", off)
	}
}

type deafLimits struct{ asked int }

func (d *deafLimits) Reserve(context.Context, string, float64, int, bool, time.Duration) (schema.Slots, error) {
	d.asked++
	return schema.Slots{}, errors.New("no answer")
}

func (d *deafLimits) Share(context.Context, string, int, int, int) (int, error) { return 0, nil }

// Limits that do not answer are left alone for a moment and no longer.
func TestLimitsRestForAMoment(t *testing.T) {
	t.Parallel()
	limits := &deafLimits{}
	s := sharedLimits{limits: limits, log: zerolog.Nop(), failed: func() {}}
	w := schema.NewWebhook()
	for range 2 {
		_, _ = s.reserve(t.Context(), w, 1, false)
	}
	if limits.asked != 1 {
		t.Errorf("asked %d times", limits.asked)
	}
	s.away.Set(walljump.By(time.Now(), time.Hour))
	if _, err := s.reserve(t.Context(), w, 1, false); errors.Is(err, errLimitsAway) || limits.asked != 2 {
		t.Errorf("not asked any more: %v", err)
	}
}
