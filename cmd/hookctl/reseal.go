package main

import (
	"errors"
	"fmt"

	"github.com/journeyhook/journeyhook/schema"
)

type resealCmd struct {
	Project project `arg:"" optional:"" help:"The project; all of them without one."`
}

func (resealCmd) Help() string {
	return `Example:
  JOURNEYHOOK_SECRET_KEYS=$NEW,$OLD hookctl reseal

Seals the stored secrets with the first key. Once it says that none is left, the old key can be removed from
every worker, console and hookctl. It can be repeated at any time; each webhook it writes gets a new revision.`
}

func (c *resealCmd) Run(s *session) error {
	keys, err := s.cli.Keys()
	if err != nil {
		return err
	}
	if keys == nil {
		return errors.New("JOURNEYHOOK_SECRET_KEYS is not set: it holds the new key and, behind it, the old one")
	}
	ops, err := s.writing()
	if err != nil {
		return err
	}
	all, err := ops.Live.All(s.ctx, string(c.Project))
	if err != nil {
		return err
	}
	// Each for itself, so that one that can't be opened keeps no other.
	sealed, failed := 0, []error{}
	for _, w := range all {
		switch resealed, err := ops.Reseal(s.ctx, s.by(), w.Project, w.ID); {
		case errors.Is(err, schema.ErrNotFound): // deleted meanwhile
		case err != nil:
			failed = append(failed, err)
		case resealed:
			sealed++
		}
	}
	fmt.Fprintf(s.stdout, "%d of %d webhooks sealed anew, %d failed\n", sealed, len(all), len(failed))
	return errors.Join(failed...)
}
