package main

import (
	"fmt"

	"github.com/journeyhook/journeyhook/internal/app"
)

type validateCmd struct {
	Files []string `arg:"" name:"FILE|DIR|-" help:"Files or folders of definitions; - is standard input."`
}

func (validateCmd) Help() string {
	return `Examples:
  hookctl validate welcome-crm.yaml
  hookctl validate webhooks/

Needs no server. Everything that would keep a definition from being saved is told, with file and line; a
secret written as *** is taken as one that is stored.`
}

func (c *validateCmd) Run(s *session) error {
	all, err := s.readDefinitions(c.Files)
	if err != nil {
		return fmt.Errorf("these can't be used:\n%w", err)
	}
	for _, w := range all {
		fmt.Fprintf(s.stdout, "%s/%s ok\n", w.Project, w.ID)
		for _, warning := range app.Warnings(w) {
			fmt.Fprintf(s.stderr, "warning: %s/%s: %s\n", w.Project, w.ID, warning)
		}
	}
	return nil
}
