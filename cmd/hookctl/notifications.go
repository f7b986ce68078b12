package main

import (
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/console"
)

type notificationsCmd struct {
	List        noticesCmd     `cmd:"" default:"withargs" help:"List a project's notifications, newest first."`
	Acknowledge acknowledgeCmd `cmd:"" help:"Say that notifications were seen to."`
}

func (notificationsCmd) Help() string {
	return `Examples:
  hookctl notifications acme
  hookctl notifications acme --open
  hookctl notifications acknowledge acme welcome-crm.webhook_failing.status

To follow them as they come: hookctl tail notifications acme`
}

type noticesCmd struct {
	Project project `arg:"" help:"The project."`
	Limit   int     `short:"n" default:"20" help:"At most so many."`
	Open    bool    `help:"Only those nobody acknowledged."`
	Out     string  `name:"output" short:"o" enum:"text,json,yaml" default:"text" help:"${enum}."`
}

func (c *noticesCmd) Run(s *session) error {
	ops, err := s.operations()
	if err != nil {
		return err
	}
	all, err := ops.Notices(s.ctx, string(c.Project), c.Limit, c.Open)
	if err != nil {
		return err
	}
	if c.Out != "text" {
		return s.data(c.Out, all)
	}
	if len(all) == 0 {
		s.none()
	}
	for _, n := range all {
		fmt.Fprintln(s.stdout, noticeLine(n))
	}
	return nil
}

// noticeLine is a notification with its id, to acknowledge it by, or with who did.
func noticeLine(n console.Notice) string {
	line := notificationLine(n.Notification)
	if n.Acknowledged {
		return line + fmt.Sprintf("\n          acknowledged by %s, %s", n.By, n.At.Format(time.RFC3339))
	}
	return line + "\n          id " + n.ID
}

type acknowledgeCmd struct {
	Project project  `arg:"" help:"The project."`
	IDs     []string `arg:"" name:"ID" help:"Ids of notifications, as the list shows them."`
}

func (acknowledgeCmd) Help() string {
	return `Example:
  hookctl notifications acknowledge acme welcome-crm.webhook_failing.status

An id stands for all notifications of one webhook, kind and reason so far; later ones are new again.`
}

func (c *acknowledgeCmd) Run(s *session) error {
	ops, err := s.writing()
	if err != nil {
		return err
	}
	for _, id := range c.IDs {
		if _, err := ops.Acknowledge(s.ctx, s.by(), string(c.Project), id, time.Time{}); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		fmt.Fprintf(s.stdout, "%s acknowledged\n", id)
	}
	return nil
}
