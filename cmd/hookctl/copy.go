package main

import (
	"fmt"
	"strings"

	"github.com/journeyhook/journeyhook/webhooks"
)

type copyCmd struct {
	From address `arg:"" name:"PROJECT/WEBHOOK"`
	To   address `arg:"" name:"PROJECT/NEW"`
}

func (copyCmd) Help() string {
	return `Example:
  hookctl copy acme/welcome-crm acme/goodbye-crm

Authentication settings, signing secrets and the values of secret headers are not copied.`
}

func (c *copyCmd) Run(s *session) error {
	store, err := s.store()
	if err != nil {
		return err
	}
	revision, missing, err := store.Copy(s.ctx, name(c.From), name(c.To))
	if err != nil {
		return fmt.Errorf("copy %s to %s: %w", c.From, c.To, err)
	}
	fmt.Fprintf(s.stdout, "%s created (revision %d)\n", c.To, revision)
	if len(missing) > 0 {
		fmt.Fprintf(s.stderr, "not copied: %s\n", strings.Join(missing, ", "))
	}
	return nil
}

func name(a address) webhooks.Name { return webhooks.Name{Project: a.project, ID: a.webhook} }
