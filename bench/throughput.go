package main

import (
	"cmp"
	"fmt"
	"slices"
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

// ballast is what cmd/worker/ballast.go holds, in MiB.
const ballast = 48

// contestant is who works a full queue off.
type contestant struct {
	name    string
	tls     bool
	workers int // 0: the bare loop
	ballast int // MiB, of the bare loop
	env     []string
	path    string
	edit    func(s *stack, w *schema.Webhook)
}

var contestants = []contestant{
	{name: bareName},
	{name: bareName + ", with a worker's ballast", ballast: ballast},
	{name: "worker, plain POST", workers: 1, path: "/users/u_8f3a91/orders", edit: func(_ *stack, w *schema.Webhook) { w.Body.IncludeTriggerData = false }},
	{name: renderedName, workers: 1, path: renderedPath, edit: onlyRendered},
	{name: "the same, errors only in its log", workers: 1, env: []string{"JOURNEYHOOK_LOG_LEVEL=error"}, path: renderedPath, edit: onlyRendered},
	{name: "the same with OAuth", workers: 1, path: "/secured" + renderedPath, edit: func(s *stack, w *schema.Webhook) { rendered(w); w.Auth = s.oauth("/token") }},
	{name: "the same, scaled out to 2", workers: 2, path: renderedPath, edit: onlyRendered},
	{name: "the same, scaled out to 4", workers: 4, path: renderedPath, edit: onlyRendered},
	{name: bareName + " over TLS", tls: true},
	{name: "worker, the same over TLS", tls: true, workers: 1, path: renderedPath, edit: onlyRendered},
}

const (
	bareName     = "bare loop"
	renderedName = "worker, 6 expressions, 2 headers, JSON body"
)

func onlyRendered(_ *stack, w *schema.Webhook) { rendered(w) }

// throughput lets a queue that is already full be worked off, by the bare loop and by workers, in turns.
func throughput(r *runner) ([]row, error) {
	measured := make([][]row, len(contestants))
	for range r.rounds {
		for i, c := range contestants {
			all, err := r.with(c.queued, func(s *stack) { s.tls, s.env = c.tls, c.env })
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			measured[i] = append(measured[i], all[0])
		}
	}
	return compared(measured), nil
}

// compared takes each contestant's round with the least CPU, since what else a machine does can only add to it. A worker's is
// compared to that of the bare loop before it, over TLS or not, without ballast.
func compared(measured [][]row) []row {
	var rows []row
	var plain, weighted float64
	for i, c := range contestants {
		m := slices.MinFunc(measured[i], func(a, b row) int { return cmp.Compare(a.CPU, b.CPU) })
		switch {
		case c.ballast > 0:
			weighted = m.CPU
		case c.workers == 0:
			plain = m.CPU
		default:
			m.Ratio = m.CPU / plain
		}
		if c.workers > 0 && !c.tls {
			m.Note = fmt.Sprintf("%.2f of the one with ballast", m.CPU/weighted)
		}
		rows = append(rows, m)
	}
	return rows
}

// queued fills the queue, and then lets the contestant begin.
func (c contestant) queued(s *stack) ([]row, error) {
	if c.workers > 0 {
		if err := s.hook("crm", c.path, func(w *schema.Webhook) { c.edit(s, w) }); err != nil {
			return nil, err
		}
	}
	first := time.Now()
	if err := s.many(s.steps, "crm"); err != nil {
		return nil, err
	}
	begun, before := time.Now(), s.usage()
	if err := c.start(s); err != nil {
		return nil, err
	}
	if err := s.done(5*time.Minute, "crm"); err != nil {
		return nil, err
	}
	m := s.figures(s.steps, begun, before)
	m.Name = c.name
	return one(s.latency(m, "crm", first, begun))
}

func (c contestant) start(s *stack) error {
	if c.workers > 0 {
		return s.startWorkers(c.workers)
	}
	var env []string
	if s.tls {
		env = append(env, "SSL_CERT_FILE="+s.certificate())
	}
	p, err := launch(bareName, env, s.self, "-role", "bare", "-nats", s.natsURL, "-ballast", fmt.Sprint(c.ballast),
		"-target", s.endpoint+"/users/u_8f3a91/orders?city=San%20Francisco")
	if err != nil {
		return err
	}
	s.workers = append(s.workers, p)
	return nil
}

// idle is a worker with nothing to do, for ten seconds.
func idle(r *runner) ([]row, error) {
	return r.with(func(s *stack) ([]row, error) {
		begun := time.Now()
		if err := s.startWorkers(1); err != nil {
			return nil, err
		}
		ready := time.Since(begun)
		time.Sleep(3 * time.Second) // what starting left behind
		before := s.usage()
		const watched = 10 * time.Second
		time.Sleep(watched)
		used := s.usage().workers - before.workers
		return []row{{Name: "an idle worker", RSS: s.workers[0].PeakRSS(), Note: fmt.Sprintf("ready after %.2f s, then %.1f %% of a core", ready.Seconds(), 100*used.Seconds()/watched.Seconds())}}, nil
	})
}
