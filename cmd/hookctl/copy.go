package main

import (
	"fmt"
	"strings"
)

type copyCmd struct {
	From address `arg:"" name:"PROJECT/WEBHOOK"`
	To   address `arg:"" name:"PROJECT/NEW"`
}

func (copyCmd) Help() string {
	return `Example:
  hookctl copy acme/welcome-crm acme/goodbye-crm

Authentication settings, signing secrets and the values of secret headers are not copied. A copy that lacks any
of them is paused until hookctl resume, so that nobody exits before they are filled in.`
}

func (c *copyCmd) Run(s *session) error {
	ops, err := s.writing()
	if err != nil {
		return err
	}
	saved, err := ops.Copy(s.ctx, s.by(), c.From.name(), c.To.name())
	if err != nil {
		return fmt.Errorf("copy %s to %s: %w", c.From, c.To, err)
	}
	fmt.Fprintf(s.stdout, "%s created (revision %d)\n", c.To, saved.Revision)
	if len(saved.Missing) > 0 {
		fmt.Fprintf(s.stderr, "not copied: %s\n%s is paused; fill these in, then: hookctl resume %s\n", strings.Join(saved.Missing, ", "), c.To, c.To)
	}
	return nil
}
