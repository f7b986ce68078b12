package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
)

// runner builds the programs and hands out fresh stacks.
type runner struct {
	options
	only              *regexp.Regexp // of the names of what is measured
	self, worker, dir string
}

func newRunner(o options) (*runner, error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "journeyhook-bench-bin-")
	if err != nil {
		return nil, err
	}
	r := &runner{options: o, only: only, self: self, worker: filepath.Join(dir, "worker"), dir: dir}
	if out, err := exec.Command("go", "build", "-o", r.worker, "./cmd/worker").CombinedOutput(); err != nil {
		r.close()
		return nil, fmt.Errorf("build the worker: %w: %s", err, out)
	}
	return r, nil
}

func (r *runner) close() { _ = os.RemoveAll(r.dir) }

// with runs f on a stack of its own, and then sees to it that the workers still live and that no step has two
// results.
func (r *runner) with(f func(*stack) ([]row, error), edits ...func(*stack)) ([]row, error) {
	s, err := newStack(r, edits...)
	if err != nil {
		return nil, err
	}
	defer s.close()
	rows, err := f(s)
	if err == nil {
		err = errors.Join(s.endWorkers(), s.once())
	}
	return rows, s.explain(err)
}

// one is a row alone; none after an error.
func one(m row, err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	return []row{m}, nil
}

// median of several measurements, by a figure.
func median[T any](all []T, figure func(T) float64) T {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b T) int { return cmp.Compare(figure(a), figure(b)) })
	return sorted[len(sorted)/2]
}
