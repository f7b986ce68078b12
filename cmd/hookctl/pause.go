package main

import (
	"errors"
	"fmt"

	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

type pauseCmd struct {
	Webhook address `arg:"" name:"PROJECT/WEBHOOK"`
}

func (pauseCmd) Help() string {
	return `Example:
  hookctl pause acme/welcome-crm

Its steps wait, and nobody exits, until hookctl resume.`
}

func (c *pauseCmd) Run(s *session) error { return s.setState(c.Webhook, schema.Paused) }

type resumeCmd struct {
	Webhook address `arg:"" name:"PROJECT/WEBHOOK"`
}

func (resumeCmd) Help() string {
	return `Example:
  hookctl resume acme/welcome-crm`
}

func (c *resumeCmd) Run(s *session) error { return s.setState(c.Webhook, schema.Active) }

// setState repeats its edit when someone else's came between.
func (s *session) setState(a address, state schema.State) error {
	store, err := s.store()
	if err != nil {
		return err
	}
	for {
		w, err := store.Get(s.ctx, a.project, a.webhook)
		if err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
		w.State = state
		_, err = store.Update(s.ctx, w, w.Revision)
		if errors.Is(err, webhooks.ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
		fmt.Fprintf(s.stdout, "%s is %s\n", a, state)
		return nil
	}
}
