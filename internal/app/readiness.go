package app

import (
	"errors"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// check is one thing that must hold before a worker is ready.
type check struct {
	name string
	fn   func() error
}

// readiness is the list of checks, empty until the parts exist.
type readiness struct {
	checks atomic.Pointer[[]check]
}

func (r *readiness) set(checks ...check) { r.checks.Store(&checks) }

func (r *readiness) list() []check {
	if p := r.checks.Load(); p != nil {
		return *p
	}
	return []check{{"start", func() error { return errors.New("waiting for NATS, or for its streams") }}}
}

// metric is whether all checks hold: a worker that is there and works is 1.
func (r *readiness) metric() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "journeyhook_ready", Help: "1 when the worker can take up steps, 0 when it waits for something.",
	}, func() float64 {
		for _, c := range r.list() {
			if c.fn() != nil {
				return 0
			}
		}
		return 1
	})
}
