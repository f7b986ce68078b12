package main

import (
	"fmt"
	"strconv"

	"github.com/journeyhook/journeyhook/schema"
)

type listCmd struct {
	Project string `arg:"" help:"The project."`
	Out     string `name:"output" short:"o" enum:"table,yaml,json" default:"table" help:"${enum}."`
}

func (listCmd) Help() string {
	return `Example:
  hookctl list acme`
}

func (c *listCmd) Run(s *session) error {
	if !schema.ValidID(c.Project) {
		return fmt.Errorf("%w: %q is not a project", errUsage, c.Project)
	}
	store, err := s.store()
	if err != nil {
		return err
	}
	all, err := store.List(s.ctx, c.Project)
	if err != nil {
		return err
	}
	if c.Out != "table" {
		if all == nil {
			all = []*schema.Webhook{}
		}
		if c.Out == "json" {
			return s.json(all)
		}
		return s.print(c.Out, all...)
	}
	rows := [][]string{{"ID", "NAME", "METHOD", "ENDPOINT", "AUTH", "STATE", "REVISION"}}
	for _, w := range all {
		state := string(w.State)
		if w.Fault != "" {
			state = "unusable: " + w.Fault
		}
		rows = append(rows, []string{w.ID, w.Name, w.Method, w.Endpoint, string(w.Auth.Type), state, strconv.FormatUint(w.Revision, 10)})
	}
	s.table(rows)
	return nil
}
