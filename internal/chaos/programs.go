package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// buildPrograms builds the program the workers run, and an older version of it if one is named. Otherwise
// the older one differs in nothing but its version.
func (w *world) buildPrograms(ctx context.Context, o options) error {
	w.binary, w.older = filepath.Join(w.dir, "worker"), filepath.Join(w.dir, "worker-older")
	const program, version = "github.com/journeyhook/journeyhook/cmd/worker", "-X github.com/journeyhook/journeyhook/internal/app.Version="
	tags := ""
	if o.guard != "" {
		tags = "sabotage"
	}
	build := func(in, to, version string) error {
		cmd := exec.CommandContext(ctx, "go", "build", "-tags", tags, "-ldflags", version, "-o", to, program)
		cmd.Dir = in
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build cmd/worker: %w\n%s", err, out)
		}
		return nil
	}
	if err := build("", w.binary, version+"newer"); err != nil {
		return err
	}
	if o.older == "" {
		return build("", w.older, version+"older")
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
	return build(tree, w.older, version+"older")
}
