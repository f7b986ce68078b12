package main

import (
	"fmt"

	"github.com/journeyhook/journeyhook/schema"
)

type secretsCmd struct {
	NewKey newKeyCmd `cmd:"" name:"new-key" help:"Print a new key for JOURNEYHOOK_SECRET_KEYS."`
}

type newKeyCmd struct{}

func (newKeyCmd) Help() string {
	return `Example:
  export JOURNEYHOOK_SECRET_KEYS=$(hookctl secrets new-key)

To rotate, put the new key first and keep the old one behind it, comma-separated: the first seals,
all open. Every worker and every hookctl needs the same list.`
}

func (newKeyCmd) Run(s *session) error {
	_, err := fmt.Fprintln(s.stdout, schema.NewKey())
	return err
}
