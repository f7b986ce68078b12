package main

import (
	"fmt"
	"os"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// measure runs every row, each on a stack of its own.
func measure(steps int) ([]row, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "journeyhook-bench-bin-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	worker, err := buildWorker(dir)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, m := range []struct {
		name string
		run  func(*stack) (row, error)
	}{
		{"bare loop", func(s *stack) (row, error) { return throughput(s, steps, true) }},
		{"worker, 6 expressions, 2 headers, JSON body", func(s *stack) (row, error) { return throughput(s, steps, false) }},
		{"2,000 healthy steps behind 256 hanging calls", behindHanging},
		{"healthy at 300/s alone", func(s *stack) (row, error) { return beside(s, false) }},
		{"healthy at 300/s, as many to hanging endpoints", func(s *stack) (row, error) { return beside(s, true) }},
	} {
		fmt.Fprintln(os.Stderr, "measuring:", m.name)
		s, err := newStack(self, worker)
		if err != nil {
			return nil, err
		}
		r, err := m.run(s)
		s.close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		r.Name = m.name
		if len(rows) > 0 && r.CPU > 0 {
			r.Ratio = r.CPU / rows[0].CPU
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func webhook(s *stack, id, path string) *schema.Webhook {
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name, w.Method, w.Endpoint = "bench", id, id, "POST", s.endpoint+path
	return w
}

// throughput lets a queue that is already full be worked off.
func throughput(s *stack, steps int, bare bool) (row, error) {
	w := webhook(s, "crm", "/users/{{userId}}/orders?city={{city}}")
	w.Headers = []schema.Header{{Name: "X-Plan", Value: schema.PlainValue("{{plan}}")}, {Name: "X-Source", Value: schema.PlainValue("journeys")}}
	w.Body.JSON = `{"name":"{{firstName}} {{lastName}}","total":{{total}},"vip":{{isVip}}}`
	w.Body.IncludeTriggerData = false
	if err := s.save(w); err != nil {
		return row{}, err
	}
	for i := range steps {
		if err := s.publish(fmt.Sprintf("crm-%d", i), "crm"); err != nil {
			return row{}, err
		}
	}
	if err := s.flush(); err != nil {
		return row{}, err
	}
	begun := time.Now()
	var p *process
	var err error
	if bare {
		p, err = start(nil, s.self, "-role", "bare", "-addr", s.natsURL, "-target", s.endpoint+"/users/u_8f3a91/orders?city=San%20Francisco")
	} else {
		p, err = s.startWorker()
	}
	if err != nil {
		return row{}, err
	}
	defer p.stop()
	if err := s.done(steps, 5*time.Minute); err != nil {
		return row{}, err
	}
	took := time.Since(begun)
	return row{
		Steps: steps, PerSecond: float64(steps) / took.Seconds(),
		CPU: float64(p.cpu().Microseconds()) / float64(steps), RSS: p.rss(),
	}, nil
}

// behindHanging publishes 256 steps that hang for 8 s, then 2,000 healthy ones.
func behindHanging(s *stack) (row, error) {
	if err := s.save(webhook(s, "hang", "/hang/8")); err != nil {
		return row{}, err
	}
	if err := s.save(webhook(s, "healthy", "/ok")); err != nil {
		return row{}, err
	}
	p, err := s.startWorker()
	if err != nil {
		return row{}, err
	}
	defer p.stop()
	for i := range 256 {
		if err := s.publish(fmt.Sprintf("hang-%d", i), "hang"); err != nil {
			return row{}, err
		}
	}
	if err := s.flush(); err != nil {
		return row{}, err
	}
	time.Sleep(time.Second)
	begun := time.Now()
	for i := range 2000 {
		if err := s.publish(fmt.Sprintf("healthy-%d", i), "healthy"); err != nil {
			return row{}, err
		}
	}
	if err := s.done(2000, time.Minute); err != nil {
		return row{}, err
	}
	took := time.Since(begun)
	return row{
		Steps: 2000, PerSecond: 2000 / took.Seconds(), P50: s.percentile("healthy", .5), P99: s.percentile("healthy", .99),
		Note: fmt.Sprintf("all 2,000 after %.2f s", took.Seconds()),
	}, nil
}

// beside sends healthy steps for 20 s, alone or with as many to endpoints that hang until the deadline.
func beside(s *stack, hanging bool) (row, error) {
	const rate, seconds = 300, 20
	if err := s.save(webhook(s, "healthy", "/ok")); err != nil {
		return row{}, err
	}
	for i := range 3 {
		if err := s.save(webhook(s, fmt.Sprint("hang", i), "/hang/60")); err != nil {
			return row{}, err
		}
	}
	p, err := s.startWorker()
	if err != nil {
		return row{}, err
	}
	defer p.stop()
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for i := range rate * seconds {
		<-tick.C
		if err := s.publish(fmt.Sprintf("healthy-%d", i), "healthy"); err != nil {
			return row{}, err
		}
		if hanging {
			if err := s.publish(fmt.Sprintf("hang-%d", i), fmt.Sprint("hang", i%3)); err != nil {
				return row{}, err
			}
		}
	}
	if err := s.done(rate*seconds, time.Minute); err != nil {
		return row{}, err
	}
	return row{Steps: rate * seconds, PerSecond: rate, RSS: p.rss(), P50: s.percentile("healthy", .5), P99: s.percentile("healthy", .99)}, nil
}
