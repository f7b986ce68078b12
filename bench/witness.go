package main

import (
	"encoding/json"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/schema"
)

// witness keeps who made the attempts.
type witness struct {
	mu     sync.Mutex
	byStep map[string]schema.Attempt
}

// watch takes note of the attempts from now on.
func (s *stack) watch() (*witness, error) {
	w := &witness{byStep: map[string]schema.Attempt{}}
	sub, err := s.nc.Subscribe(schema.Names{}.All("attempts"), func(m *nats.Msg) {
		var a schema.Attempt
		if err := json.Unmarshal(m.Data, &a); err != nil {
			s.fail(err)
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.byStep[a.StepID] = a
	})
	if err != nil {
		return nil, err
	}
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nil, err
	}
	return w, s.nc.Flush()
}

// workers counts those that made an attempt.
func (w *witness) workers() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	names := map[string]bool{}
	for _, a := range w.byStep {
		names[a.Worker] = true
	}
	return len(names)
}

// attempts are the last ones of these steps; fewer where some were not seen yet.
func (w *witness) attempts(steps []string) []schema.Attempt {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []schema.Attempt
	for _, id := range steps {
		if a, ok := w.byStep[id]; ok {
			all = append(all, a)
		}
	}
	return all
}
