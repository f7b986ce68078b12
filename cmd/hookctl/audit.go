package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/console"
)

type auditCmd struct {
	Project string        `arg:"" optional:"" help:"The project; without one, what belongs to none: tokens."`
	Webhook string        `help:"Only this webhook's."`
	Since   time.Duration `default:"0s" help:"How far to look back; 0 looks at all there are."`
	Until   moment        `placeholder:"TIME" help:"Only those from before this time, like 2026-11-23T12:00:00Z, or 15m ago."`
	Limit   int           `short:"n" default:"50" help:"At most so many, and at most 500."`
	Out     string        `name:"output" short:"o" enum:"text,json,yaml" default:"text" help:"${enum}."`
}

func (auditCmd) Help() string {
	return `Examples:
  hookctl audit acme --webhook welcome-crm
  hookctl audit

Who changed what, newest first. Records are kept for 400 days.`
}

func (c *auditCmd) Run(s *session) error {
	if c.Project != "" {
		var p project
		if err := p.UnmarshalText([]byte(c.Project)); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	ops, err := s.operations()
	if err != nil {
		return err
	}
	all, more, err := ops.Changes(s.ctx, c.Project, console.ChangesQuery{Webhook: c.Webhook, Since: ago(c.Since), Until: c.Until.Time, Limit: c.Limit})
	if err != nil && all == nil {
		return err
	}
	if c.Out != "text" {
		return cmp.Or(s.data(c.Out, all), err)
	}
	if len(all) == 0 && err == nil {
		s.none()
	}
	for _, r := range all {
		fmt.Fprintf(s.stdout, "%s  %-20s  %-12s  by %s (%s)  %s\n", r.At.Format(time.RFC3339), r.WebhookID, r.Action, r.Actor, r.Via, r.Detail)
		if r.Action != "create" && r.Action != "delete" && r.Action != "copy" {
			s.diff(r.Diff)
		}
	}
	s.more(more && err == nil)
	return err
}
