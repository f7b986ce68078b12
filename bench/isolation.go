package main

import (
	"fmt"
	"time"
)

// behindHanging publishes 256 steps that hang for 8 s, then 2,000 healthy ones.
func behindHanging(r *runner) ([]row, error) {
	return r.with(func(s *stack) ([]row, error) {
		if err := s.slowHooks(); err != nil {
			return nil, err
		}
		if err := s.startWorkers(1); err != nil {
			return nil, err
		}
		if err := s.many(256, "hang"); err != nil {
			return nil, err
		}
		time.Sleep(time.Second)
		begun, before := time.Now(), s.usage()
		if err := s.many(2000, "healthy"); err != nil {
			return nil, err
		}
		if err := s.done(time.Minute, "healthy"); err != nil {
			return nil, err
		}
		m := s.figures(2000, begun, before)
		m.Name, m.Note = "2,000 healthy steps behind 256 hanging calls", fmt.Sprintf("all after %.2f s", time.Since(begun).Seconds())
		if err := s.done(time.Minute, "hang"); err != nil {
			return nil, err
		}
		return one(s.latency(m, "healthy", begun, time.Now()))
	})
}

func (s *stack) slowHooks() error {
	return s.hooks(map[string]string{"hang": "/hang/8", "healthy": "/ok"})
}

// besideLength is how long steady traffic lasts where healthy steps have others beside them.
const besideLength = 40 * time.Second

// halfHangs compares the healthy half of steady traffic when the other half hangs until the deadline and
// when it does not.
func halfHangs(r *runner) ([]row, error) {
	return compare(r, "healthy at 300/s, beside 300/s that answer", "healthy at 300/s, beside 300/s that hang for 10 s", func(s *stack, hanging bool) (row, error) {
		if err := s.halfHooks(disturbed(hanging)); err != nil {
			return row{}, err
		}
		return s.beside(300, oneHealthy, 300, oneOfThree)
	})
}

// disturbed is the path of those that are healthy or not.
func disturbed(hanging bool) string {
	if hanging {
		return "/hang/60"
	}
	return "/ok"
}

func (s *stack) halfHooks(path string, edits ...edit) error {
	if err := s.hook("healthy", "/ok"); err != nil {
		return err
	}
	return s.hooks(map[string]string{"other0": path, "other1": path, "other2": path}, edits...)
}

func oneHealthy(int) string { return "healthy" }

func oneOfThree(i int) string { return fmt.Sprint("other", i%3) }

// manyDead compares 200 healthy webhooks of 10 projects when 100 others answer and when they are dead.
func manyDead(r *runner) ([]row, error) {
	return compare(r, "200 healthy webhooks, beside 100 that answer", "200 healthy webhooks, beside 100 that are dead", func(s *stack, dead bool) (row, error) {
		if err := s.liveHooks(); err != nil {
			return row{}, err
		}
		if err := s.deadHooks(disturbed(dead)); err != nil {
			return row{}, err
		}
		return s.beside(400, live, 200, dying)
	})
}

// live is one of 200 webhooks of 10 projects.
func live(i int) string { return fmt.Sprintf("p%d.healthy%d", i%10, i%200) }

// dying is one of 100 others of the same projects.
func dying(i int) string { return fmt.Sprintf("p%d.other%d", i%10, i%100) }

func (s *stack) liveHooks() error {
	for i := range 200 {
		if err := s.hook(live(i), "/ok"); err != nil {
			return err
		}
	}
	return nil
}

func (s *stack) deadHooks(path string, edits ...edit) error {
	for i := range 100 {
		if err := s.hook(dying(i), path, edits...); err != nil {
			return err
		}
	}
	return nil
}

// beside measures healthy steps that have others beside them, by one worker.
func (s *stack) beside(healthy int, which func(i int) string, others int, other func(i int) string) (row, error) {
	if err := s.startWorkers(1); err != nil {
		return row{}, err
	}
	return s.mixed(besideLength, healthy, which, others, other)
}

// compare measures healthy steps without and with a disturbance, in turns, and gives the pair whose ratio of
// the p99 is the median.
func compare(r *runner, without, with string, measure func(s *stack, disturbed bool) (row, error)) ([]row, error) {
	var pairs [][]row
	for range r.rounds {
		var pair []row
		for i, name := range []string{without, with} {
			all, err := r.with(func(s *stack) ([]row, error) {
				m, err := measure(s, i == 1)
				m.Name = name
				return one(m, err)
			})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			pair = append(pair, all...)
		}
		pair[1].Ratio = pair[1].P99 / pair[0].P99
		pairs = append(pairs, pair)
	}
	return median(pairs, func(pair []row) float64 { return pair[1].Ratio }), nil
}
