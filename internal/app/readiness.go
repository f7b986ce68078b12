package app

import (
	"errors"
	"sync/atomic"
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
	return []check{{"start", func() error { return errors.New("waiting for NATS") }}}
}
