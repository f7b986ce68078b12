package main

import (
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// peril is a scenario in which workers are killed: its webhooks, and steps that wait before anyone works; the i-th
// step of the traffic; and what must change in the end, so that all steps can end.
type peril struct {
	name   string
	before func(s *stack) error
	send   func(s *stack, i int) error
	after  func(s *stack) error
}

const (
	perilLimits = 50 // webhooks with a limit
	perilRate   = 5  // and theirs
	perilPaused = 500
)

var perils = []peril{
	{
		"a: behind hanging calls",
		(*stack).slowHooks,
		func(s *stack, i int) error { return s.publish(oneIn(10, i, "hang", "healthy")) },
		nil,
	}, {
		"b: half of the traffic hangs",
		func(s *stack) error { return s.halfHooks(disturbed(true), sooner) },
		func(s *stack, i int) error { return s.publish(oneIn(2, i, oneOfThree(i), "healthy")) },
		func(s *stack) error { return s.halfHooks(disturbed(false), sooner) },
	}, {
		"c: a failing endpoint",
		func(s *stack) error { return s.failingHooks(10 * time.Second) },
		func(s *stack, i int) error { return s.publish(oneIn(2, i, "fails", "healthy")) },
		nil,
	}, {
		"d: 20,000 waiting retries",
		func(s *stack) error {
			if err := s.lateHooks(); err != nil {
				return err
			}
			return s.all(20_000, func(int) error { return s.retry(schema.LaneFor(10*time.Second), "late") })
		},
		func(s *stack, _ int) error { return s.publish("healthy") },
		nil,
	}, {
		"e: 300 webhooks, 100 of them dead",
		func(s *stack) error {
			if err := s.liveHooks(); err != nil {
				return err
			}
			return s.deadHooks(disturbed(true), sooner)
		},
		func(s *stack, i int) error { return s.publish(oneIn(3, i, dying(i), live(i))) },
		func(s *stack) error { return s.deadHooks(disturbed(false), sooner) },
	}, {
		"f: OAuth",
		(*stack).oauthHook,
		func(s *stack, i int) error {
			if i%(4*killRate) == 2*killRate {
				if err := s.ask("_revoke", nil); err != nil {
					return err
				}
			}
			return s.publish("crm")
		},
		nil,
	}, {
		"g: 1,000 webhooks, edited",
		func(s *stack) error { return s.seed(1000) },
		func(s *stack, i int) error {
			hook := fmt.Sprint("w", i%1000)
			if i%20 == 0 {
				if err := s.hook(hook, fmt.Sprint("/edited/", i)); err != nil {
					return err
				}
			}
			return s.publish(hook)
		},
		nil,
	}, {
		"h: 50 rate limits",
		func(s *stack) error {
			if err := s.limitedHooks(perilLimits, perilRate); err != nil {
				return err
			}
			return s.all(20*perilLimits, func(i int) error { return s.wait(fmt.Sprint("w", i%perilLimits)) })
		},
		func(s *stack, i int) error { return s.publish(fmt.Sprint("w", i%perilLimits)) },
		nil,
	}, {
		"i: a paused webhook resumed",
		func(s *stack) error {
			if err := s.pausedHook(schema.Paused, perilPaused); err != nil {
				return err
			}
			return s.all(10*perilPaused, func(int) error { return s.wait("paused") })
		},
		func(s *stack, i int) error {
			if i == 8*killRate {
				if err := s.pausedHook(schema.Active, perilPaused); err != nil {
					return err
				}
			}
			return s.publish("paused")
		},
		nil,
	},
}

// sooner is a webhook whose calls time out and are tried again soon, and so often that no step exits before its
// endpoint answers.
func sooner(w *schema.Webhook) {
	w.Timeout, w.Retry.Delay, w.Retry.Max = schema.Duration(2*time.Second), schema.Duration(10*time.Second), 10
}

// oneIn is the rare one once in n, else the usual one.
func oneIn(n, i int, rare, usual string) string {
	if i%n == 0 {
		return rare
	}
	return usual
}
