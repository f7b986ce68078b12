package main

import (
	"fmt"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
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

func (s *session) setState(a address, state schema.State) error {
	ops, err := s.writing()
	if err != nil {
		return err
	}
	if _, err := ops.SetState(s.ctx, s.by(), a.project, a.webhook, state, console.AnyRevision); err != nil {
		return a.about(err)
	}
	fmt.Fprintf(s.stdout, "%s is %s\n", a, state)
	return nil
}
