package main

import (
	"errors"
	"fmt"

	"github.com/journeyhook/journeyhook/internal/app"
)

type adoptCmd struct {
	Empty bool `help:"Let workers use the webhooks' bucket at once, though it is empty: users whose steps wait exit."`
	Yes   bool `short:"y" help:"Do not ask."`
}

func (adoptCmd) Help() string {
	return `Examples:
  hookctl adopt
  hookctl adopt --yes && hookctl apply -f webhooks/

After a stream or the bucket of webhooks was deleted, purged or made anew, workers attempt nothing and nobody exits,
until it is restored or adopted. Restore it from a backup first if there is one; a stream that was restored with
nats stream restore needs no adoption. This command lists what is missing, makes it, and tells all workers that the
webhooks are complete. A bucket without webhooks is used ten seconds after the last one was written to it.`
}

func (c *adoptCmd) Run(s *session) error {
	js, err := s.jetstream()
	if err != nil {
		return err
	}
	plan, err := app.PlanAdoption(s.ctx, js, s.cli.Stores)
	if err != nil {
		return err
	}
	for i, name := range plan.Missing {
		fmt.Fprintf(s.stdout, "%s is missing: %s\n", name, plan.Costs[i])
	}
	if plan.Webhooks != nil {
		fmt.Fprintf(s.stdout, "%s: %v\n", s.names().WebhooksBucket(), plan.Webhooks)
	}
	if !plan.Needed() {
		fmt.Fprintln(s.stdout, "nothing is missing; workers are told to use the webhooks that are there")
	}
	if !c.Yes && !s.confirm("Make what is missing, empty, and use the webhooks that are there? Users whose step's webhook is not there exit. [y/N] ") {
		return errors.New("nothing was adopted")
	}
	if err := app.Adopt(s.ctx, js, s.cli.Stores, c.Empty); err != nil {
		return err
	}
	for _, name := range plan.Missing {
		fmt.Fprintf(s.stdout, "%s made\n", name)
	}
	fmt.Fprintln(s.stdout, "adopted; workers see it within seconds")
	return nil
}
