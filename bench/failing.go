package main

import (
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// failing is an endpoint that answers 503 for a minute, beside healthy steps; its steps are tried once more after a
// minute, and exit. The healthy ones go on until the last exit, and are compared to how they were beside the same
// traffic while it was answered.
func failing(r *runner) ([]row, error) {
	return r.with(func(s *stack) ([]row, error) {
		const wait = time.Minute
		if err := s.failingHooks(wait); err != nil {
			return nil, err
		}
		if err := s.startWorkers(1); err != nil {
			return nil, err
		}
		alone, err := s.alone(r.beside, 15*time.Second)
		if err != nil {
			return nil, err
		}
		mix := func(length time.Duration, other, how string) (row, error) {
			m, err := s.mixed(length, r.beside, oneHealthy, r.failing, func(int) string { return other })
			m.Name = fmt.Sprintf("healthy at %d/s, beside %d/s %s", r.beside, r.failing, how)
			return m, err
		}
		answered, err := mix(30*time.Second, "works", "that are answered")
		if err != nil {
			return nil, err
		}
		refused, err := mix(time.Minute, "fails", "that are answered 503")
		if err != nil {
			return nil, err
		}
		again, err := s.triedAgain(r.beside)
		if err != nil {
			return nil, err
		}
		again.Name = fmt.Sprintf("healthy at %d/s, while the 503s are tried again", r.beside)
		refused.Ratio, again.Ratio = refused.P99/answered.P99, again.P99/answered.P99
		again.Note, err = punctual(s.times("fails", time.Time{}, time.Now()), wait)
		return []row{alone, answered, refused, again}, err
	})
}

// failingHooks are a healthy webhook, one like it, and one whose steps exit after one retry.
func (s *stack) failingHooks(wait time.Duration) error {
	s.expect("fails", exhausted)
	if err := s.hooks(map[string]string{"healthy": "/ok", "works": "/ok"}); err != nil {
		return err
	}
	return s.hook("fails", "/status/503", func(w *schema.Webhook) { w.Retry.Max, w.Retry.Delay = 1, schema.Duration(wait) })
}

// triedAgain measures healthy steps from when the first retry is due until the last of those steps exits.
func (s *stack) triedAgain(healthy int) (row, error) {
	begun, before, steps := time.Now(), s.usage(), s.missing("")
	ended := begun
	err := s.feed(healthy, func() error {
		err := s.done(3*time.Minute, "fails")
		ended = time.Now()
		return err
	})
	if err != nil {
		return row{}, err
	}
	m := s.figures(steps+len(s.times("healthy", begun, ended)), begun, before)
	return s.latency(m, "healthy", begun, ended)
}

// punctual tells of steps that ended after a wait, how far from it they were. None may be early, or late by more
// than a second. Times are sorted.
func punctual(all []time.Duration, wait time.Duration) (string, error) {
	first, last := all[0], all[len(all)-1]
	told := fmt.Sprintf("exits %.2f s after publish (p99 %.2f, last %.2f; %.0f are due)", first.Seconds(), percentile(all, 99).Seconds(), last.Seconds(), wait.Seconds())
	switch {
	case first < wait:
		return told, fmt.Errorf("early: %s", told)
	case last > wait+time.Second:
		return told, fmt.Errorf("late by more than a second: %s", told)
	}
	return told, nil
}
