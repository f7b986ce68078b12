package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// rendered is a webhook with 6 expressions, 2 headers and a JSON body.
func rendered(w *schema.Webhook) {
	w.Headers = []schema.Header{{Name: "X-Plan", Value: schema.PlainValue("{{plan}}")}, {Name: "X-Source", Value: schema.PlainValue("journeys")}}
	w.Body.JSON = `{"name":"{{firstName}} {{lastName}}","total":{{total}}}`
	w.Body.IncludeTriggerData = false
}

const renderedPath = "/users/{{userId}}/orders?city={{city}}"

// throughput lets a queue that is already full be worked off, by the bare loop and by one worker, in turns.
func throughput(r *runner) ([]row, error) {
	kinds := []struct {
		name string
		tls  bool
		path string
		edit func(s *stack, w *schema.Webhook) // nil: the bare loop, to which those after it are compared
	}{
		{"bare loop", false, "", nil},
		{"worker, plain POST", false, "/users/u_8f3a91/orders", func(_ *stack, w *schema.Webhook) { w.Body.IncludeTriggerData = false }},
		{"worker, 6 expressions, 2 headers, JSON body", false, renderedPath, func(_ *stack, w *schema.Webhook) { rendered(w) }},
		{"worker, the same with OAuth", false, "/secured", func(s *stack, w *schema.Webhook) { rendered(w); w.Auth = s.oauth() }},
		{"bare loop over TLS", true, "", nil},
		{"worker, 6 expressions, … over TLS", true, renderedPath, func(_ *stack, w *schema.Webhook) { rendered(w) }},
	}
	measured := make([][]row, len(kinds))
	for range r.rounds {
		base := 0.0
		for i, k := range kinds {
			m, err := r.with(func(s *stack) (row, error) {
				if k.edit == nil {
					return bare(s)
				}
				if err := s.hook("crm", k.path, func(w *schema.Webhook) { k.edit(s, w) }); err != nil {
					return row{}, err
				}
				return queued(s, 1)
			}, func(s *stack) { s.tls = k.tls })
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k.name, err)
			}
			m.Name = k.name
			if k.edit == nil {
				base = m.CPU
			} else {
				m.Ratio = m.CPU / base
			}
			measured[i] = append(measured[i], m)
		}
	}
	var rows []row
	for _, all := range measured {
		rows = append(rows, median(all, func(r row) float64 { return cmp.Or(r.Ratio, r.CPU) }))
	}
	return rows, nil
}

// scaleOut is the same work by more workers, which share the two cores with everything else here.
func scaleOut(r *runner) (rows []row, err error) {
	for _, n := range []int{1, 2, 4} {
		m, err := r.with(func(s *stack) (row, error) {
			if err := s.hook("crm", renderedPath, rendered); err != nil {
				return row{}, err
			}
			return queued(s, n)
		})
		if err != nil {
			return nil, err
		}
		m.Name = fmt.Sprintf("the same, scaled out to %d", n)
		rows = append(rows, m)
	}
	return rows, nil
}

// queued fills the queue and then starts workers.
func queued(s *stack, workers int) (row, error) {
	if err := s.many(s.steps, "crm"); err != nil {
		return row{}, err
	}
	begun, before := time.Now(), s.usage()
	if err := s.startWorkers(workers); err != nil {
		return row{}, err
	}
	if err := s.done(s.steps, 5*time.Minute, "crm"); err != nil {
		return row{}, err
	}
	return s.figures(s.steps, begun, before), nil
}

func bare(s *stack) (row, error) {
	if err := s.many(s.steps, "crm"); err != nil {
		return row{}, err
	}
	begun, before := time.Now(), s.usage()
	var env []string
	if s.tls {
		env = append(env, "SSL_CERT_FILE="+s.certificate())
	}
	p, err := launch("the bare loop", env, s.self, "-role", "bare", "-addr", s.natsURL, "-target", s.endpoint+"/users/u_8f3a91/orders?city=San%20Francisco")
	if err != nil {
		return row{}, err
	}
	s.workers = append(s.workers, p)
	if err := s.done(s.steps, 5*time.Minute, "crm"); err != nil {
		return row{}, err
	}
	return s.figures(s.steps, begun, before), nil
}

// idle is a worker with nothing to do, for ten seconds.
func idle(r *runner) ([]row, error) {
	m, err := r.with(func(s *stack) (row, error) {
		begun := time.Now()
		if err := s.startWorkers(1); err != nil {
			return row{}, err
		}
		ready := time.Since(begun)
		time.Sleep(3 * time.Second) // what starting left behind
		before := s.usage()
		const watched = 10 * time.Second
		time.Sleep(watched)
		used := s.usage().workers - before.workers
		return row{Name: "an idle worker", RSS: s.workers[0].RSS(), Note: fmt.Sprintf("ready after %.2f s, then %.1f %% of a core", ready.Seconds(), 100*used.Seconds()/watched.Seconds())}, nil
	})
	return []row{m}, err
}
