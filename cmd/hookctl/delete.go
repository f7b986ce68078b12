package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/journeyhook/journeyhook/console"
)

type deleteCmd struct {
	Webhooks []address `arg:"" name:"PROJECT/WEBHOOK"`
	IfUnused bool      `help:"Refuse to delete a webhook that tiles use."`
	Yes      bool      `short:"y" help:"Do not ask."`
}

func (deleteCmd) Help() string {
	return `Example:
  hookctl delete acme/welcome-crm acme/old-crm

Users whose steps come for a deleted webhook exit their journey. See who uses it: hookctl tiles.`
}

func (c *deleteCmd) Run(s *session) error {
	ops, err := s.writing()
	if err != nil {
		return err
	}
	if !c.Yes && !s.confirmDelete(c.Webhooks) {
		return errors.New("nothing was deleted")
	}
	return s.delete(ops, c.Webhooks, c.IfUnused)
}

func (s *session) confirmDelete(all []address) bool {
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = a.String()
	}
	return s.confirm(fmt.Sprintf("Delete %s? Users who reach a tile with it exit. [y/N] ", strings.Join(names, ", ")))
}

// delete deletes each for itself and says which tiles used it.
func (s *session) delete(ops *console.Operations, all []address, ifUnused bool) error {
	var failed []error
	for _, a := range all {
		tiles, err := ops.Delete(s.ctx, s.by(), console.Removal{Project: a.project, ID: a.webhook, IfUnused: ifUnused})
		if err != nil {
			failed = append(failed, a.about(err))
			continue
		}
		fmt.Fprintf(s.stdout, "%s deleted\n", a)
		if len(tiles) > 0 {
			fmt.Fprintf(s.stderr, "warning: %s: %d tiles use it; users who reach them exit\n", a, len(tiles))
		}
	}
	return errors.Join(failed...)
}

// confirm asks a person; without a terminal there is nobody to ask.
func (s *session) confirm(question string) bool {
	f, ok := s.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return true
	}
	fmt.Fprint(s.stderr, question)
	line, _ := bufio.NewReader(f).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(line), "y")
}
