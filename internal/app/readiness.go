package app

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

var errWaiting = errors.New("waiting for NATS, or for its streams")

// check is one thing that must hold before a worker is ready.
type check struct {
	name string
	fn   func() error
}

// readiness is the list of checks, empty until the parts exist.
type readiness struct {
	checks atomic.Pointer[[]check]
	lacks  atomic.Pointer[error] // why the last try to begin failed
}

// noting is a try to begin, of which /readyz tells why it failed.
func (r *readiness) noting(try func() error) func() error {
	return func() error {
		err := try()
		r.lacks.Store(&err)
		return err
	}
}

func (r *readiness) set(checks ...check) { r.checks.Store(&checks) }

func (r *readiness) list() []check {
	if p := r.checks.Load(); p != nil {
		return *p
	}
	return []check{{"start", func() error {
		if p := r.lacks.Load(); p != nil && *p != nil {
			return fmt.Errorf("%w: %s: %w", errWaiting, whatNATSDid(*p), *p)
		}
		return errWaiting
	}}}
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
