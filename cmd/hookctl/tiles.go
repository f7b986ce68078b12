package main

import (
	"strconv"
	"time"
)

type tilesCmd struct {
	Webhook address `arg:"" name:"PROJECT/WEBHOOK"`
	Out     string  `name:"output" short:"o" enum:"table,json,yaml" default:"table" help:"${enum}."`
}

func (tilesCmd) Help() string {
	return `Example:
  hookctl tiles acme/welcome-crm

Tiles are known from the journey engine, if it writes them, and from the steps that came by.`
}

func (c *tilesCmd) Run(s *session) error {
	ops, err := s.operations()
	if err != nil {
		return err
	}
	all, err := ops.UsedBy(s.ctx, c.Webhook.project, c.Webhook.webhook)
	if err != nil {
		return err
	}
	if c.Out != "table" {
		return s.data(c.Out, all)
	}
	rows := [][]string{{"WORKFLOW", "TILE", "TYPE", "FIRST SEEN"}}
	for _, t := range all {
		rows = append(rows, []string{strconv.FormatInt(t.WorkflowID, 10), t.TileID, string(t.Type), t.FirstSeen.Format(time.RFC3339)})
	}
	s.table(rows)
	return nil
}
