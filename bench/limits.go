package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/internal/busiest"
	"github.com/journeyhook/journeyhook/schema"
)

// manyLimits gives 1,000 webhooks a rate limit each and a backlog, and watches two workers work it off for
// 30 s.
func manyLimits(r *runner) ([]row, error) {
	const hooks, rate, seconds = 1000, 1, 30
	m, err := r.with(func(s *stack) (row, error) {
		for i := range hooks {
			if err := s.hook(fmt.Sprint("w", i), fmt.Sprint("/timed/w", i), func(w *schema.Webhook) { w.Limits.Rate = rate }); err != nil {
				return row{}, err
			}
		}
		for i := range hooks * rate * 2 * seconds {
			h := fmt.Sprint("w", i%hooks)
			if err := s.wait(fmt.Sprint(h, "-", i), h); err != nil {
				return row{}, err
			}
		}
		if err := s.flush(); err != nil {
			return row{}, err
		}
		if err := s.startWorkers(2); err != nil {
			return row{}, err
		}
		time.Sleep(10 * time.Second)
		begun, before := time.Now(), s.usage()
		time.Sleep(seconds * time.Second)
		ended := time.Now()
		times := map[string][]time.Time{}
		if err := s.ask("_times", &times); err != nil {
			return row{}, err
		}
		for hook, at := range times {
			times[hook] = slices.DeleteFunc(at, func(t time.Time) bool { return t.Before(begun) || !t.Before(ended) })
		}
		calls := 0
		for _, at := range times {
			calls += len(at)
		}
		m := s.figures(calls, begun, before)
		m.Name = fmt.Sprintf("%d webhooks limited to %d/s each, with a backlog", hooks, rate)
		over, under, worst := 0, 0, 0
		for _, at := range times {
			most := busiest.Second(at)
			worst = max(worst, most)
			if most > rate {
				over++
			}
			if reached(at) < 0.95*rate {
				under++
			}
		}
		m.Note = fmt.Sprintf("%d webhooks over their limit in some second (at most %d calls), %d below 95 %% of it", over, worst, under)
		return m, nil
	})
	return []row{m}, err
}

// reached is the rate between the first call and the last, per second; times are sorted.
func reached(at []time.Time) float64 {
	if len(at) < 2 {
		return 0
	}
	return float64(len(at)-1) / at[len(at)-1].Sub(at[0]).Seconds()
}

// wait publishes a step as one that waits in its webhook's backlog.
func (s *stack) wait(id, webhook string) error {
	header := nats.Header{schema.HeaderAttempt: {"1"}, schema.HeaderMove: {"1"}, nats.MsgIdHdr: {"bench:" + id + ":1:1"}}
	return s.publishTo(schema.Names{}.BacklogSubject("bench", webhook), id, webhook, header)
}

// resumed lets 500,000 steps of a paused webhook wait in its backlog, then resumes it with a rate.
func resumed(r *runner) ([]row, error) {
	const waiting, healthy, rate, length = 500_000, 300, 500, 30 * time.Second
	var alone row
	m, err := r.with(func(s *stack) (row, error) {
		if err := s.hook("healthy", "/ok"); err != nil {
			return row{}, err
		}
		paused := func(state schema.State) error {
			return s.hook("paused", "/timed/paused", func(w *schema.Webhook) { w.State, w.Limits.Rate = state, rate })
		}
		if err := paused(schema.Paused); err != nil {
			return row{}, err
		}
		if err := s.startWorkers(1); err != nil {
			return row{}, err
		}
		for i := range waiting {
			if err := s.wait(fmt.Sprint("paused-", i), "paused"); err != nil {
				return row{}, err
			}
		}
		if err := s.flush(); err != nil {
			return row{}, err
		}
		send := func(i int) error { return s.publish(fmt.Sprint("healthy-", i), "healthy") }
		first := time.Now()
		if err := steady(healthy, 20*time.Second, send); err != nil {
			return row{}, err
		}
		begun, before := time.Now(), s.usage()
		alone = row{Name: fmt.Sprintf("healthy at %d/s, 500,000 paused steps waiting", healthy), PerSecond: healthy}
		s.latency(&alone, "healthy", first.Add(5*time.Second), begun)
		if err := paused(schema.Active); err != nil {
			return row{}, err
		}
		if err := steady(healthy, length, func(i int) error { return send(1_000_000 + i) }); err != nil {
			return row{}, err
		}
		ended := time.Now()
		times := map[string][]time.Time{}
		if err := s.ask("_times", &times); err != nil {
			return row{}, err
		}
		at := times["paused"]
		m := s.figures(len(at)+healthy*int(length.Seconds()), begun, before)
		m.Name = fmt.Sprintf("healthy at %d/s, the paused ones resumed at %d/s", healthy, rate)
		s.latency(&m, "healthy", begun.Add(2*time.Second), ended)
		m.Ratio = m.P99 / alone.P99
		most := busiest.Second(at) // sorts them
		m.Note = fmt.Sprintf("drained %.0f/s, at most %d in a second", reached(at), most)
		return m, nil
	})
	return []row{alone, m}, err
}
