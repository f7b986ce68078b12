package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

type listCmd struct {
	Project project `arg:"" help:"The project."`
	Search  string  `short:"q" placeholder:"TEXT" help:"Only those with this in id, name or endpoint."`
	Sort    string  `default:"id" help:"name, id, method, endpoint, state or revision; a - before it turns it round."`
	Out     string  `name:"output" short:"o" enum:"table,yaml,json" default:"table" help:"${enum}."`
}

func (listCmd) Help() string {
	return `Examples:
  hookctl list acme
  hookctl list acme --search crm --sort=-revision`
}

func (c *listCmd) Run(s *session) error {
	ops, err := s.operations()
	if err != nil {
		return err
	}
	if c.Out != "table" {
		return c.definitions(s, ops)
	}
	rows := [][]string{{"ID", "NAME", "METHOD", "ENDPOINT", "AUTH", "STATE", "REVISION"}}
	for offset := 0; ; offset += console.MaxPage {
		page, err := ops.List(s.ctx, string(c.Project), console.Query{Search: c.Search, Sort: c.Sort, Offset: offset, Limit: console.MaxPage})
		if err != nil {
			return err
		}
		for _, w := range page.Items {
			state := string(w.State)
			if w.Fault != "" {
				state = "unusable: " + w.Fault
			}
			rows = append(rows, []string{w.ID, w.Name, w.Method, w.Endpoint, string(w.Auth), state, strconv.FormatUint(w.Revision, 10)})
		}
		if offset+len(page.Items) >= page.Total {
			break
		}
	}
	s.table(rows)
	return nil
}

// definitions prints the webhooks whole, so that they can be applied again. One that can't be read is told of.
func (c *listCmd) definitions(s *session, ops *console.Operations) error {
	all, err := ops.Find(s.ctx, string(c.Project), console.Query{Search: c.Search, Sort: c.Sort})
	if err != nil {
		return fmt.Errorf("list %s: %w", c.Project, err)
	}
	all = slices.DeleteFunc(all, func(w *schema.Webhook) bool {
		err := w.Readable()
		if err != nil {
			fmt.Fprintf(s.stderr, "left out: %s\n", address{w.Project, w.ID}.about(err))
		}
		return err != nil
	})
	if c.Out == "json" {
		if all == nil {
			all = []*schema.Webhook{}
		}
		return s.data(c.Out, all)
	}
	return s.print(c.Out, all...)
}
