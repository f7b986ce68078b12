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

The variable holds one key or several, comma-separated: the first seals, all open. Every worker, console and
hookctl needs the same ones. To rotate, add the new key last everywhere, then move it to the front everywhere,
then run hookctl reseal, then remove the old one.`
}

func (newKeyCmd) Run(s *session) error {
	_, err := fmt.Fprintln(s.stdout, schema.NewKey())
	return err
}
