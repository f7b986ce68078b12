package main

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/notifications"
	"github.com/journeyhook/journeyhook/schema"
)

type notificationsCmd struct {
	Project string `arg:"" help:"The project."`
	Limit   int    `short:"n" default:"20" help:"At most so many."`
	Out     string `name:"output" short:"o" enum:"text,json" default:"text" help:"${enum}."`
}

func (notificationsCmd) Help() string {
	return `Example:
  hookctl notifications acme

Newest first. To follow them as they come: hookctl tail notifications acme`
}

func (c *notificationsCmd) Run(s *session) error {
	if !schema.ValidID(c.Project) {
		return fmt.Errorf("%w: %q is not a project", errUsage, c.Project)
	}
	js, err := s.jetstream()
	if err != nil {
		return err
	}
	stream, err := js.Stream(s.ctx, s.names().Notifications())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("there is no stream %s yet; a worker makes it when it starts", s.names().Notifications())
	}
	if err != nil {
		return fmt.Errorf("stream %s: %w", s.names().Notifications(), err)
	}
	all, err := notifications.List(s.ctx, stream, s.names(), c.Project, c.Limit)
	if err != nil {
		return err
	}
	if c.Out == "json" {
		if all == nil {
			all = []schema.Notification{}
		}
		return s.json(all)
	}
	for _, n := range all {
		fmt.Fprintln(s.stdout, notificationLine(n))
	}
	return nil
}
