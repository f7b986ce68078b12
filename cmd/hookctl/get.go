package main

import (
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

type getCmd struct {
	Webhook address `arg:"" name:"PROJECT/WEBHOOK"`
	Out     string  `name:"output" short:"o" enum:"yaml,json" default:"yaml" help:"${enum}."`
}

func (getCmd) Help() string {
	return `Example:
  hookctl get acme/welcome-crm

What it prints can be applied again; secrets are *** and stay what they are.`
}

func (c *getCmd) Run(s *session) error {
	ops, err := s.operations()
	if err != nil {
		return err
	}
	w, err := ops.Get(s.ctx, c.Webhook.project, c.Webhook.webhook)
	if err != nil {
		return c.Webhook.about(err)
	}
	return s.print(c.Out, w)
}

// print writes definitions in the format asked for.
func (s *session) print(format string, all ...*schema.Webhook) error {
	if format == "json" {
		if len(all) == 1 {
			return s.data(format, all[0])
		}
		return s.data(format, all)
	}
	text, err := webhooks.WriteYAML(all...)
	if err != nil {
		return err
	}
	_, err = s.stdout.Write(text)
	return err
}
