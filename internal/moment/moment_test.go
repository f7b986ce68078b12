package moment_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/journeyhook/journeyhook/internal/moment"
	"github.com/journeyhook/journeyhook/internal/walljump"
)

const soon = time.Minute

// near reports whether two durations are the same but for the time that a test takes.
func near(a, b time.Duration) bool { return (a - b).Abs() < 5*time.Second }

// What is left does not depend on what the wall clock said when a time was taken.
func TestAWallClockThatJumps(t *testing.T) {
	t.Parallel()
	for _, jump := range []time.Duration{0, time.Hour, -time.Hour} {
		var m moment.Moment
		m.Set(walljump.By(time.Now(), jump).Add(soon))
		if left, ok := m.Left(); !ok || !near(left, soon) || !m.Ahead() || m.Over() {
			t.Errorf("after a jump by %s: %s left", jump, left)
		}
		m.Set(walljump.By(time.Now(), jump).Add(-soon))
		if left, ok := m.Left(); !ok || !near(left, -soon) || m.Ahead() || !m.Over() {
			t.Errorf("after a jump by %s: %s left of a minute ago", jump, left)
		}
	}
}

func TestTimesOfAWallClock(t *testing.T) {
	t.Parallel()
	var m moment.Moment
	m.Set(time.Now().UTC().Round(0).Add(soon))
	if left, ok := m.Left(); !ok || !near(left, soon) {
		t.Errorf("%s left", left)
	}
	now := time.Now()
	if moment.Here(now) != now {
		t.Error("a time with a reading is another one")
	}
	if wall := now.Round(0); walljump.By(moment.Here(wall), time.Hour).Sub(now).Abs() > time.Second {
		t.Error("a time without a reading has none")
	}
}

func TestNone(t *testing.T) {
	t.Parallel()
	var m moment.Moment
	if _, ok := m.Left(); ok || m.Ahead() || m.Over() {
		t.Error("there is a moment that nobody set")
	}
	m.Set(time.Now().Add(soon))
	m.Clear()
	if _, ok := m.Left(); ok {
		t.Error("it was not cleared")
	}
	m.AtLatest(time.Now().Add(soon))
	m.AtLatest(time.Now().Add(2 * soon))
	if left, _ := m.Left(); !near(left, soon) {
		t.Errorf("%s left, although an earlier one was there", left)
	}
	m.AtLatest(time.Now().Add(-soon))
	if !m.Over() {
		t.Error("an earlier one was not stored")
	}
}

// In a bubble time is fake, and was not when the process began.
func TestInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m moment.Moment
		m.Set(time.Now().Add(soon))
		time.Sleep(soon - 1)
		if !m.Ahead() {
			t.Error("over too early")
		}
		time.Sleep(2)
		if !m.Over() {
			t.Error("not over")
		}
	})
}

func TestOneOfManyRenews(t *testing.T) {
	t.Parallel()
	var m moment.Moment
	for _, at := range []time.Duration{0, time.Hour} {
		var all sync.WaitGroup
		renewed := make(chan struct{}, 16)
		for range cap(renewed) {
			all.Go(func() {
				if m.Renew(time.Now().Add(at), soon) {
					renewed <- struct{}{}
				}
			})
		}
		all.Wait()
		if len(renewed) != 1 {
			t.Errorf("%d renewed", len(renewed))
		}
	}
}
