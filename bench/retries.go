package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/schema"
)

// failing is an endpoint that answers 503 for a minute, beside healthy steps; its steps are tried once more
// after a minute. Nobody may exit early, or late by more than a second. The healthy ones are compared to how
// they were beside the same traffic while it was answered.
func failing(r *runner) ([]row, error) {
	const fails, healthy, length = 3000, 600, time.Minute
	var alone, beside row
	m, err := r.with(func(s *stack) (row, error) {
		if err := s.hooks(map[string]string{"healthy": "/ok", "works": "/ok"}); err != nil {
			return row{}, err
		}
		if err := s.hook("fails", "/status/503", func(w *schema.Webhook) {
			w.Retry.Max, w.Retry.Delay = 1, schema.Duration(time.Minute)
		}); err != nil {
			return row{}, err
		}
		if err := s.startWorkers(1); err != nil {
			return row{}, err
		}
		sent := 0
		mix := func(other string, perSecond int, length time.Duration) (row, error) {
			begun, before := time.Now(), s.usage()
			err := steady(perSecond+healthy, length, func(i int) error {
				hook := other
				if i%(perSecond/healthy+1) == 0 {
					hook = "healthy"
				}
				sent++
				return s.publish(fmt.Sprint(hook, "-", sent), hook)
			})
			ended := time.Now()
			if err == nil {
				err = s.done(s.published("healthy"), time.Minute, "healthy")
			}
			m := s.figures((perSecond+healthy)*int(length.Seconds()), begun, before)
			s.latency(&m, "healthy", begun.Add(5*time.Second), ended)
			return m, err
		}
		var err error
		if alone, err = mix("", 0, 15*time.Second); err != nil {
			return row{}, err
		}
		if beside, err = mix("works", fails, 30*time.Second); err != nil {
			return row{}, err
		}
		first := time.Now()
		m, err := mix("fails", fails, length)
		if err != nil {
			return row{}, err
		}
		if err := s.done(s.published("fails"), 3*time.Minute, "fails"); err != nil {
			return row{}, err
		}
		exits := s.times("fails", first, time.Now())
		m.Note = fmt.Sprintf("exits after the one retry: first %.2f s, p99 %.2f s, last %.2f s after publish (60 s are due)",
			exits[0].Seconds(), exits[len(exits)*99/100].Seconds(), exits[len(exits)-1].Seconds())
		return m, nil
	})
	alone.Name = fmt.Sprintf("healthy at %d/s alone", healthy)
	beside.Name = fmt.Sprintf("healthy at %d/s, beside %d/s that are answered", healthy, fails)
	m.Name, m.Ratio = fmt.Sprintf("healthy at %d/s, beside %d/s that are answered 503", healthy, fails), m.P99/beside.P99
	return []row{alone, beside, m}, err
}

// millionRetries lets 1,000,000 steps wait in the one-minute lane beside healthy ones, and come due.
func millionRetries(r *runner) ([]row, error) {
	const waiting, healthy = 1_000_000, 300
	var while row
	m, err := r.with(func(s *stack) (row, error) {
		if err := s.hooks(map[string]string{"healthy": "/ok", "late": "/ok"}); err != nil {
			return row{}, err
		}
		lane := schema.LaneFor(time.Minute)
		begun := time.Now()
		for i := range waiting {
			header := nats.Header{schema.HeaderAttempt: {"2"}, schema.HeaderMove: {"1"}, nats.MsgIdHdr: {"bench:late-" + strconv.Itoa(i) + ":2:1"}}
			if err := s.publishTo(schema.Names{}.RetrySubject(lane, "bench", "late"), fmt.Sprint("late-", i), "late", header); err != nil {
				return row{}, err
			}
		}
		if err := s.flush(); err != nil {
			return row{}, err
		}
		filled := time.Now()
		if err := s.startWorkers(1); err != nil {
			return row{}, err
		}
		before := s.usage()
		firstDue, lastDue := begun.Add(lane.Wait), filled.Add(lane.Wait)
		stop := make(chan struct{})
		feeding := make(chan error, 1)
		go func() {
			feeding <- steady(healthy, 10*time.Minute, func(i int) error {
				select {
				case <-stop:
					return errStop
				default:
					return s.publish(fmt.Sprint("healthy-", i), "healthy")
				}
			})
		}()
		if err := s.done(waiting, 9*time.Minute, "late"); err != nil {
			return row{}, err
		}
		close(stop)
		<-feeding
		drained := time.Now()
		while = row{Name: fmt.Sprintf("healthy at %d/s, 1,000,000 retries waiting", healthy), PerSecond: healthy}
		s.latency(&while, "healthy", filled.Add(time.Second), firstDue)
		m := s.figures(waiting, firstDue, before)
		m.Name = fmt.Sprintf("healthy at %d/s, 1,000,000 retries coming due", healthy)
		s.latency(&m, "healthy", firstDue, drained)
		m.Ratio = m.P99 / while.P99
		early, late := s.lateness(lane.Wait)
		m.Note = fmt.Sprintf("drained %.0f/s, calls included; %d early; last one %.1f s after the last was due; p99 lateness %.1f s; server %.0f MiB",
			float64(waiting)/drained.Sub(firstDue).Seconds(), early, drained.Sub(lastDue).Seconds(), late.Seconds(), s.nats.RSS())
		return m, nil
	})
	return []row{while, m}, err
}

var errStop = errors.New("stopped")

// lateness is how many of the waiting steps ended before their time, and the 99th percentile of how long
// after it they did.
func (s *stack) lateness(wait time.Duration) (early int, p99 time.Duration) {
	all := s.times("late", time.Time{}, time.Now())
	for i := range all {
		if all[i] -= wait; all[i] < 0 {
			early++
		}
	}
	slices.Sort(all)
	return early, all[len(all)*99/100]
}
