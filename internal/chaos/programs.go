package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// buildPrograms builds the program the workers run, the operator's where one is needed, and an older version of it if one is named. Otherwise
// the older one differs in nothing but its version.
func (w *world) buildPrograms(ctx context.Context, o options) error {
	w.binary, w.older, w.operator = filepath.Join(w.dir, "worker"), filepath.Join(w.dir, "worker-older"), filepath.Join(w.dir, "hookctl")
	const programs, version = "github.com/journeyhook/journeyhook/cmd/", "-X github.com/journeyhook/journeyhook/internal/app.Version="
	tags := ""
	if o.guard != "" {
		tags = "sabotage"
	}
	flags := []string{"build", "-tags", tags}
	if o.clocks {
		overlay, err := wrongClock(w.dir)
		if err != nil {
			return err
		}
		flags = append(flags, "-overlay", overlay)
	}
	build := func(in, to, program, version string) error {
		cmd := exec.CommandContext(ctx, "go", append(slices.Clone(flags), "-ldflags", version, "-o", to, programs+program)...)
		cmd.Dir = in
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build cmd/%s: %w\n%s", program, err, out)
		}
		return nil
	}
	if err := build("", w.binary, "worker", version+"newer"); err != nil {
		return err
	}
	if slices.ContainsFunc(o.plan(), func(p Planned) bool { return p.Kind == BucketLost }) {
		if err := build("", w.operator, "hookctl", version+"newer"); err != nil {
			return err
		}
	}
	if o.older == "" {
		return build("", w.older, "worker", version+"older")
	}
	tree := filepath.Join(w.dir, "older")
	defer os.RemoveAll(tree)
	for _, args := range [][]string{
		{"mkdir", tree}, {"git", "archive", "--output", tree + ".tar", o.older}, {"tar", "-xf", tree + ".tar", "-C", tree}, {"rm", tree + ".tar"},
	} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("check out %s: %w\n%s", o.older, err, out)
		}
	}
	return build(tree, w.older, "worker", version+"older")
}
