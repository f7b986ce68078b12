package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

type applyCmd struct {
	File []string `short:"f" required:"" placeholder:"FILE|DIR|-" help:"Files or folders of definitions, several documents each; - is standard input."`
}

func (applyCmd) Help() string {
	return `Examples:
  hookctl apply -f welcome-crm.yaml
  hookctl apply -f webhooks/
  hookctl get acme/welcome-crm | sed s/v1/v2/ | hookctl apply -f -

Everything is checked before the first webhook is written. One that did not change is not written.`
}

func (c *applyCmd) Run(s *session) error {
	all, err := c.read(s)
	if err != nil {
		return err
	}
	store, err := s.store()
	if err != nil {
		return err
	}
	var failed []error
	for _, w := range all {
		if err := c.apply(s, store, w); err != nil {
			failed = append(failed, fmt.Errorf("%s/%s: %w", w.Project, w.ID, err))
		}
	}
	return errors.Join(failed...)
}

func (c *applyCmd) read(s *session) ([]*schema.Webhook, error) {
	check := s.checker().Check
	var all []*schema.Webhook
	var failed []error
	for _, file := range c.File {
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
	if len(failed) > 0 {
		return nil, fmt.Errorf("nothing was written:\n%w", errors.Join(failed...))
	}
	if len(all) == 0 {
		return nil, errors.New("there is no webhook in what was given")
	}
	return all, nil
}

func (c *applyCmd) apply(s *session, store *webhooks.Store, w *schema.Webhook) error {
	_, getErr := store.Get(s.ctx, w.Project, w.ID)
	revision, changed, err := store.Put(s.ctx, w)
	if err != nil {
		return err
	}
	what := "unchanged"
	if changed {
		what = "changed"
		if errors.Is(getErr, webhooks.ErrNotFound) {
			what = "created"
		}
	}
	fmt.Fprintf(s.stdout, "%s/%s %s (revision %d)\n", w.Project, w.ID, what, revision)
	for _, warning := range dispatcher.Warnings(w) {
		fmt.Fprintf(s.stderr, "warning: %s/%s: %s\n", w.Project, w.ID, warning)
	}
	return nil
}
