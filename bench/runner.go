package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// runner builds the programs and hands out fresh stacks.
type runner struct {
	options
	self, worker, dir string
}

func newRunner(o options) (*runner, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "journeyhook-bench-bin-")
	if err != nil {
		return nil, err
	}
	r := &runner{options: o, self: self, worker: filepath.Join(dir, "worker"), dir: dir}
	if out, err := exec.Command("go", "build", "-o", r.worker, "./cmd/worker").CombinedOutput(); err != nil {
		r.close()
		return nil, fmt.Errorf("build the worker: %w: %s", err, out)
	}
	return r, nil
}

func (r *runner) close() { _ = os.RemoveAll(r.dir) }

// with runs f on a stack of its own.
func (r *runner) with(f func(*stack) (row, error), edit ...func(*stack)) (row, error) {
	s, err := newStack(r, edit...)
	if err != nil {
		return row{}, err
	}
	defer s.close()
	return f(s)
}

// median of several measurements, by a figure.
func median(all []row, figure func(row) float64) row {
	slices.SortFunc(all, func(a, b row) int {
		if figure(a) < figure(b) {
			return -1
		}
		return 1
	})
	return all[len(all)/2]
}
