package main

import (
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/console"
)

type historyCmd struct {
	Webhook address `arg:"" name:"PROJECT/WEBHOOK"`
	Out     string  `name:"output" short:"o" enum:"text,json,yaml" default:"text" help:"${enum}."`
}

func (historyCmd) Help() string {
	return `Example:
  hookctl history acme/welcome-crm

Newest first; the last 64 are kept, also of a deleted webhook. Secrets are ***.`
}

func (c *historyCmd) Run(s *session) error {
	ops, err := s.operations()
	if err != nil {
		return err
	}
	edits, err := ops.History(s.ctx, c.Webhook.project, c.Webhook.webhook)
	if err != nil {
		return c.Webhook.about(err)
	}
	if c.Out != "text" {
		return s.data(c.Out, edits)
	}
	for _, e := range edits {
		what, who := string(e.Action), e.Actor
		if e.Deleted {
			what = "deleted"
		}
		if who == "" {
			who = "(not recorded)"
		}
		fmt.Fprintf(s.stdout, "revision %d  %s  %s  %s\n", e.Revision, e.At.Format(time.RFC3339), who, what)
		if e.Fault != "" {
			fmt.Fprintf(s.stdout, "  %s\n", e.Fault)
			continue
		}
		if !e.Deleted && e.Action != "create" {
			s.diff(e.Diff)
		}
	}
	return nil
}

type rollbackCmd struct {
	Webhook  address `arg:"" name:"PROJECT/WEBHOOK"`
	Revision uint64  `arg:"" help:"The revision to go back to, as hookctl history lists them."`
}

func (rollbackCmd) Help() string {
	return `Example:
  hookctl rollback acme/welcome-crm 12

Stores what the webhook was at that revision, secrets included, as a new revision. A deleted one comes back.`
}

func (c *rollbackCmd) Run(s *session) error {
	ops, err := s.writing()
	if err != nil {
		return err
	}
	saved, err := ops.Rollback(s.ctx, s.by(), c.Webhook.project, c.Webhook.webhook, c.Revision, console.AnyRevision)
	if err != nil {
		return c.Webhook.about(err)
	}
	what := "is as at revision"
	if !saved.Changed {
		what = "already was as at revision"
	}
	fmt.Fprintf(s.stdout, "%s %s %d (revision %d)\n", c.Webhook, what, c.Revision, saved.Revision)
	s.diff(saved.Diff)
	return nil
}
