package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/journeyhook/journeyhook/internal/busiest"
	"github.com/journeyhook/journeyhook/schema"
)

// manyLimits gives 1,000 webhooks a rate limit each and a backlog, and watches two workers work it off for
// 30 s.
func manyLimits(r *runner) ([]row, error) {
	return r.with(func(s *stack) ([]row, error) {
		const hooks, rate, length = 1000, 1, 30 * time.Second
		if err := s.limitedHooks(hooks, rate); err != nil {
			return nil, err
		}
		if err := s.all(hooks*rate*60, func(i int) error { return s.wait(fmt.Sprint("w", i%hooks)) }); err != nil {
			return nil, err
		}
		if err := s.startWorkers(2); err != nil {
			return nil, err
		}
		time.Sleep(10 * time.Second)
		begun, before := time.Now(), s.usage()
		time.Sleep(length)
		ended := time.Now()
		calls, over, under, worst := 0, 0, 0, 0
		times, err := s.calls(begun, ended)
		if err != nil {
			return nil, err
		}
		for i := range hooks {
			at := times[fmt.Sprint("w", i)]
			calls += len(at)
			most := busiest.Second(at) // sorts them
			worst = max(worst, most)
			if most > rate {
				over++
			}
			if below(at, rate, ended.Sub(begun)) {
				under++
			}
		}
		m := s.figures(calls, begun, before)
		m.Name = fmt.Sprintf("%d webhooks limited to %d/s each, with a backlog", hooks, rate)
		m.Note = fmt.Sprintf("%d webhooks over their limit in some second (at most %d calls), %d below 95 %% of it; times are from publish, most of it in the backlog", over, worst, under)
		return one(m.spread(s.times("w", time.Time{}, ended)))
	})
}

func (s *stack) limitedHooks(n, rate int) error {
	for i := range n {
		if err := s.hook(fmt.Sprint("w", i), fmt.Sprint("/timed/w", i), func(w *schema.Webhook) { w.Limits.Rate = float64(rate) }); err != nil {
			return err
		}
	}
	return nil
}

// calls are when the endpoint was called between two times, by path.
func (s *stack) calls(from, to time.Time) (map[string][]time.Time, error) {
	times := map[string][]time.Time{}
	err := s.ask("_times", &times)
	for path, at := range times {
		times[path] = slices.DeleteFunc(at, func(t time.Time) bool { return t.Before(from) || !t.Before(to) })
	}
	return times, err
}

// below says whether a webhook that has a backlog was called at less than 95 % of its rate: by the time between its
// first call and its last, or by how many there were at all. Times are sorted.
func below(at []time.Time, rate int, length time.Duration) bool {
	least := 0.95 * float64(rate)
	return reached(at) < least || len(at) < int(least*length.Seconds())
}

// reached is the rate between the first call and the last, per second; times are sorted.
func reached(at []time.Time) float64 {
	if len(at) < 2 {
		return 0
	}
	return float64(len(at)-1) / at[len(at)-1].Sub(at[0]).Seconds()
}

// resumed lets 500,000 steps of a paused webhook wait in its backlog, then resumes it with a rate.
func resumed(r *runner) ([]row, error) {
	return r.with(func(s *stack) ([]row, error) {
		const waiting, healthy, rate, length = 500_000, 300, 500, 30 * time.Second
		if err := s.hook("healthy", "/ok"); err != nil {
			return nil, err
		}
		if err := s.pausedHook(schema.Paused, rate); err != nil {
			return nil, err
		}
		if err := s.startWorkers(1); err != nil {
			return nil, err
		}
		if err := s.all(waiting, func(int) error { return s.wait("paused") }); err != nil {
			return nil, err
		}
		alone, err := s.alone(healthy, 20*time.Second)
		if err != nil {
			return nil, err
		}
		alone.Name = fmt.Sprintf("healthy at %d/s, 500,000 paused steps waiting", healthy)
		begun, before, n := time.Now(), s.usage(), s.ended()
		if err := s.pausedHook(schema.Active, rate); err != nil {
			return nil, err
		}
		if err := steadyFor(length, healthy, func(int) error { return s.publish("healthy") }); err != nil {
			return nil, err
		}
		ended := time.Now()
		m := s.figures(s.ended()-n, begun, before)
		m.Name = fmt.Sprintf("healthy at %d/s, the paused ones resumed at %d/s", healthy, rate)
		if m, err = s.latency(m, "healthy", begun, ended); err != nil {
			return nil, err
		}
		times, err := s.calls(begun, ended)
		if err != nil {
			return nil, err
		}
		at := times["paused"]
		m.Ratio = m.P99 / alone.P99
		most := busiest.Second(at) // sorts them
		m.Note = fmt.Sprintf("drained %.0f/s, at most %d in a second", reached(at), most)
		return []row{alone, m}, nil
	})
}

func (s *stack) pausedHook(state schema.State, rate int) error {
	return s.hook("paused", "/timed/paused", func(w *schema.Webhook) { w.State, w.Limits.Rate = state, float64(rate) })
}
