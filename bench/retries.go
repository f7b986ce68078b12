package main

import (
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// manyRetries lets 1,000,000 steps wait in the one-minute lane beside healthy ones, and come due; then 10,000 in
// the ten-second lane, on a stack of their own.
func manyRetries(r *runner) ([]row, error) {
	many, err := retriesDue(r, 1_000_000, "1,000,000", schema.LaneFor(time.Minute))
	if err != nil {
		return nil, err
	}
	few, err := retriesDue(r, 10_000, "10,000", schema.LaneFor(10*time.Second))
	if err != nil {
		return nil, err
	}
	return append(many, few[len(few)-1]), nil
}

// retriesDue has a row of healthy steps alone, one beside retries that wait, one beside them as they come due.
func retriesDue(r *runner, waiting int, number string, lane schema.Lane) ([]row, error) {
	return r.with(func(s *stack) ([]row, error) {
		const healthy = 300
		if err := s.lateHooks(); err != nil {
			return nil, err
		}
		if err := s.startWorkers(1); err != nil {
			return nil, err
		}
		alone, err := s.alone(healthy, 20*time.Second)
		if err != nil {
			return nil, err
		}
		begun := time.Now()
		if err := s.all(waiting, func(int) error { return s.retry(lane, "late") }); err != nil {
			return nil, err
		}
		filled := time.Now()
		firstDue, lastDue := begun.Add(lane.Wait), filled.Add(lane.Wait)
		if !filled.Add(time.Second).Before(firstDue) {
			return nil, fmt.Errorf("the first retry was due before all were stored, after %s", filled.Sub(begun))
		}
		var drained time.Time
		var due row
		err = s.feed(healthy, func() error {
			time.Sleep(time.Until(firstDue))
			before := s.usage()
			err := s.done(9*time.Minute, "late")
			drained = time.Now()
			due = s.figures(waiting+len(s.times("healthy", firstDue, drained)), firstDue, before)
			return err
		})
		if err != nil {
			return nil, err
		}
		while := row{Name: fmt.Sprintf("healthy at %d/s, %s retries waiting", healthy, number), PerSecond: healthy}
		due.Name = fmt.Sprintf("healthy at %d/s, %s retries coming due", healthy, number)
		if while, err = s.latency(while, "healthy", filled.Add(time.Second), firstDue); err != nil {
			return nil, err
		}
		if due, err = s.latency(due, "healthy", firstDue, drained); err != nil {
			return nil, err
		}
		while.Ratio, due.Ratio = while.P99/alone.P99, due.P99/alone.P99
		early, late := lateness(s.times("late", time.Time{}, time.Now()), lane.Wait)
		due.Note = fmt.Sprintf("drained %.0f/s, calls included; %d early; last one %.1f s after the last was due; p99 lateness %.2f s; server %.0f MiB",
			float64(waiting)/drained.Sub(firstDue).Seconds(), early, drained.Sub(lastDue).Seconds(), late.Seconds(), s.nats.PeakRSS())
		if early > 0 {
			return nil, fmt.Errorf("early: %s", due.Note)
		}
		return []row{alone, while, due}, nil
	})
}

func (s *stack) lateHooks() error { return s.hooks(map[string]string{"healthy": "/ok", "late": "/ok"}) }

// lateness is how many steps ended before they had waited so long, and the 99th percentile of how long after it
// they did. Times are sorted.
func lateness(all []time.Duration, wait time.Duration) (early int, p99 time.Duration) {
	for early < len(all) && all[early] < wait {
		early++
	}
	return early, percentile(all, 99) - wait
}
