package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/journeyhook/journeyhook/webhooks"
)

type tilesCmd struct {
	Webhook address `arg:"" name:"PROJECT/WEBHOOK"`
	Out     string  `name:"output" short:"o" enum:"table,json" default:"table" help:"${enum}."`
}

func (tilesCmd) Help() string {
	return `Example:
  hookctl tiles acme/welcome-crm

Tiles are known from the journey engine, if it writes them, and from the steps that came by.`
}

func (c *tilesCmd) Run(s *session) error {
	if _, err := s.store(); err != nil { // makes the buckets where they are missing
		return err
	}
	js, err := s.jetstream()
	if err != nil {
		return err
	}
	kv, err := js.KeyValue(s.ctx, s.names().TilesBucket())
	if err != nil {
		return fmt.Errorf("bucket %s: %w", s.names().TilesBucket(), err)
	}
	all, err := (&webhooks.Tiles{KV: kv}).Of(s.ctx, c.Webhook.project, c.Webhook.webhook)
	if err != nil {
		return err
	}
	if c.Out == "json" {
		if all == nil {
			all = []webhooks.Tile{}
		}
		return s.json(all)
	}
	rows := [][]string{{"WORKFLOW", "TILE", "TYPE", "FIRST SEEN"}}
	for _, t := range all {
		rows = append(rows, []string{strconv.FormatInt(t.WorkflowID, 10), t.TileID, string(t.Type), t.FirstSeen.Format(time.RFC3339)})
	}
	s.table(rows)
	return nil
}
