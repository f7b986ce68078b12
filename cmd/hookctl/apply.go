package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

type applyCmd struct {
	File   []string `short:"f" required:"" placeholder:"FILE|DIR|-" help:"Files or folders of definitions, several documents each; - is standard input."`
	DryRun bool     `help:"Show what would change; write nothing."`
	Prune  bool     `help:"Delete the webhooks that the files do not hold, in the projects that they name."`
	Yes    bool     `short:"y" help:"Do not ask before deleting."`
}

func (applyCmd) Help() string {
	return `Examples:
  hookctl apply -f welcome-crm.yaml
  hookctl apply -f webhooks/ --dry-run
  hookctl apply -f webhooks/ --prune
  hookctl get acme/welcome-crm | sed s/v1/v2/ | hookctl apply -f -

Everything is checked before the first webhook is written. One that did not change is not written. Each
change is shown; secrets are *** in it.`
}

func (c *applyCmd) Run(s *session) error {
	all, err := c.read(s)
	if err != nil {
		return err
	}
	operations := s.writing
	if c.DryRun {
		operations = s.operations
	}
	ops, err := operations()
	if c.DryRun && errors.Is(err, app.ErrNotMade) { // so no webhook is there
		for _, w := range all {
			fmt.Fprintf(s.stdout, "%s/%s would be created\n", w.Project, w.ID)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if !c.DryRun {
		// What only shows beside the stored definitions is found before the first is written.
		if err := each(all, func(w *schema.Webhook) error { _, err := ops.Plan(s.ctx, w); return err }); err != nil {
			return fmt.Errorf("nothing was written:\n%w", err)
		}
	}
	if err := each(all, func(w *schema.Webhook) error { return c.apply(s, ops, w) }); err != nil {
		return err
	}
	if c.Prune {
		return c.prune(s, ops, all)
	}
	return nil
}

// each does the same with each webhook and tells what went wrong with any.
func each(all []*schema.Webhook, do func(*schema.Webhook) error) error {
	var failed []error
	for _, w := range all {
		if err := do(w); err != nil {
			failed = append(failed, fmt.Errorf("%s/%s: %w", w.Project, w.ID, err))
		}
	}
	return errors.Join(failed...)
}

func (c *applyCmd) read(s *session) ([]*schema.Webhook, error) {
	all, err := s.readDefinitions(c.File)
	if err != nil {
		return nil, fmt.Errorf("nothing was written:\n%w", err)
	}
	if len(all) == 0 {
		return nil, errors.New("there is no webhook in what was given")
	}
	return all, nil
}

// readDefinitions reads files, folders and standard input, and tells the faults of all of them.
func (s *session) readDefinitions(files []string) ([]*schema.Webhook, error) {
	check := s.checker().Check
	var all []*schema.Webhook
	var failed []error
	for _, file := range files {
		var some []*schema.Webhook
		var err error
		if file == "-" {
			var data []byte
			if data, err = io.ReadAll(s.stdin); err == nil {
				some, err = webhooks.Parse("standard input", data, check)
			}
		} else {
			some, err = webhooks.ReadFiles(file, check)
		}
		if err != nil {
			failed = append(failed, err)
		}
		all = append(all, some...)
	}
	known := map[schema.Name]bool{}
	for _, w := range all {
		name := schema.Name{Project: w.Project, ID: w.ID}
		if known[name] {
			failed = append(failed, fmt.Errorf("%s/%s is defined more than once in what was given", w.Project, w.ID))
		}
		known[name] = true
	}
	return all, errors.Join(failed...)
}

func (c *applyCmd) apply(s *session, ops *console.Operations, w *schema.Webhook) error {
	var saved console.Saved
	var err error
	would := ""
	if c.DryRun {
		would = "would be "
		saved, err = ops.Plan(s.ctx, w)
	} else {
		saved, err = ops.Apply(s.ctx, s.by(), w)
	}
	if err != nil {
		return err
	}
	what := would + "changed"
	switch {
	case !saved.Changed:
		what = "unchanged"
	case saved.Previous == 0:
		what = would + "created"
	}
	if c.DryRun {
		fmt.Fprintf(s.stdout, "%s/%s %s\n", w.Project, w.ID, what)
	} else {
		fmt.Fprintf(s.stdout, "%s/%s %s (revision %d)\n", w.Project, w.ID, what, saved.Revision)
	}
	if saved.Previous != 0 {
		s.diff(saved.Diff)
	}
	for _, warning := range saved.Warnings {
		fmt.Fprintf(s.stderr, "warning: %s/%s: %s\n", w.Project, w.ID, warning)
	}
	return nil
}

// prune deletes what the files do not hold, in their projects only.
func (c *applyCmd) prune(s *session, ops *console.Operations, keep []*schema.Webhook) error {
	var projects []string
	kept := map[schema.Name]bool{}
	for _, w := range keep {
		projects = append(projects, w.Project)
		kept[schema.Name{Project: w.Project, ID: w.ID}] = true
	}
	slices.Sort(projects)
	var gone []address
	for _, p := range slices.Compact(projects) {
		stored, err := ops.Live.All(s.ctx, p)
		if err != nil {
			return err
		}
		for _, w := range stored {
			if !kept[schema.Name{Project: w.Project, ID: w.ID}] {
				gone = append(gone, address{w.Project, w.ID})
			}
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if c.DryRun {
		for _, a := range gone {
			fmt.Fprintf(s.stdout, "%s would be deleted\n", a)
		}
		return nil
	}
	if !c.Yes && !s.confirmDelete(gone) {
		return errors.New("nothing was deleted")
	}
	return s.delete(ops, gone, false)
}
