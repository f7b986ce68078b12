package main

import (
	"fmt"
	"time"
)

// behindHanging publishes 256 steps that hang for 8 s, then 2,000 healthy ones.
func behindHanging(r *runner) ([]row, error) {
	m, err := r.with(func(s *stack) (row, error) {
		if err := s.hooks(map[string]string{"hang": "/hang/8", "healthy": "/ok"}); err != nil {
			return row{}, err
		}
		if err := s.startWorkers(1); err != nil {
			return row{}, err
		}
		if err := s.many(256, "hang"); err != nil {
			return row{}, err
		}
		time.Sleep(time.Second)
		begun, before := time.Now(), s.usage()
		if err := s.many(2000, "healthy"); err != nil {
			return row{}, err
		}
		if err := s.done(2000, time.Minute, "healthy"); err != nil {
			return row{}, err
		}
		m := s.figures(2000, begun, before)
		m.Name, m.Note = "2,000 healthy steps behind 256 hanging calls", fmt.Sprintf("all after %.2f s", time.Since(begun).Seconds())
		s.latency(&m, "healthy-", begun, time.Now())
		return m, nil
	})
	return []row{m}, err
}

func (s *stack) hooks(paths map[string]string) error {
	for id, path := range paths {
		if err := s.hook(id, path); err != nil {
			return err
		}
	}
	return nil
}

// halfHangs compares the healthy half of steady traffic when the other half hangs until the deadline and
// when it does not.
func halfHangs(r *runner) ([]row, error) {
	return compare(r, "healthy at 300/s, beside 300/s that answer", "healthy at 300/s, beside 300/s that hang for 10 s", func(s *stack, hanging bool) (row, error) {
		path := "/ok"
		if hanging {
			path = "/hang/60"
		}
		if err := s.hooks(map[string]string{"healthy": "/ok", "other0": path, "other1": path, "other2": path}); err != nil {
			return row{}, err
		}
		return beside(s, 300, 45*time.Second, 300, func(i int) string { return fmt.Sprint("other", i%3) }, func(int) string { return "healthy" })
	})
}

// manyDead compares 200 healthy webhooks of 10 projects when 100 others answer and when they are dead.
func manyDead(r *runner) ([]row, error) {
	return compare(r, "200 healthy webhooks, beside 100 that answer", "200 healthy webhooks, beside 100 that are dead", func(s *stack, dead bool) (row, error) {
		path := "/ok"
		if dead {
			path = "/hang/60"
		}
		for i := range 300 {
			id, at := fmt.Sprint("healthy", i), "/ok"
			if i >= 200 {
				id, at = fmt.Sprint("other", i-200), path
			}
			if err := s.hook(id, at); err != nil {
				return row{}, err
			}
		}
		return beside(s, 400, 45*time.Second, 200, func(i int) string { return fmt.Sprint("other", i%100) }, func(i int) string { return fmt.Sprint("healthy", i%200) })
	})
}

// beside sends two kinds of steps at steady rates and measures the healthy ones after the first 5 s.
func beside(s *stack, healthy int, length time.Duration, others int, other, which func(i int) string) (row, error) {
	if err := s.startWorkers(1); err != nil {
		return row{}, err
	}
	begun, before := time.Now(), s.usage()
	sent := map[string]int{}
	turn := 0
	err := steady(healthy+others, length, func(i int) error {
		turn += others
		if turn >= healthy+others {
			turn -= healthy + others
			h := other(i)
			return s.publish(fmt.Sprint(h, "-", i), h)
		}
		h := which(i)
		sent[h]++
		return s.publish(fmt.Sprint(h, "-", i), h)
	})
	if err != nil {
		return row{}, err
	}
	ended := time.Now()
	m := s.figures(healthy*int(length.Seconds()), begun, before)
	for h, n := range sent {
		if err := s.done(n, time.Minute, h); err != nil {
			return row{}, err
		}
	}
	m.PerSecond = float64(healthy)
	s.latency(&m, "healthy", begun.Add(5*time.Second), ended)
	return m, nil
}

// compare measures healthy steps without and with a disturbance, in turns, and gives the pair whose ratio of
// the p99 is the median.
func compare(r *runner, without, with string, measure func(s *stack, disturbed bool) (row, error)) ([]row, error) {
	var before, after []row
	for range r.rounds {
		for _, disturbed := range []bool{false, true} {
			m, err := r.with(func(s *stack) (row, error) { return measure(s, disturbed) })
			if err != nil {
				return nil, err
			}
			if disturbed {
				m.Name, m.Ratio = with, m.P99/before[len(before)-1].P99
				after = append(after, m)
			} else {
				m.Name = without
				before = append(before, m)
			}
		}
	}
	pick := median(append([]row(nil), after...), func(r row) float64 { return r.Ratio })
	for i := range after {
		if after[i] == pick {
			return []row{before[i], after[i]}, nil
		}
	}
	return nil, nil
}
