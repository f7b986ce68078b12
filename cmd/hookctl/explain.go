package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

type explainCmd struct {
	Project string        `arg:"" help:"The project."`
	Step    string        `arg:"" help:"The step's id."`
	Since   time.Duration `default:"0s" help:"Look only at records of this time before now; 0 looks at all there are."`
	Until   moment        `placeholder:"TIME" help:"Look only at results from before this time, like 2026-11-23T12:00:00Z, or 15m ago."`
	Out     string        `name:"output" short:"o" enum:"text,json,yaml" default:"text" help:"${enum}."`
}

func (explainCmd) Help() string {
	return `Example:
  hookctl explain acme 01JD8Q4W5C7Y3K2M9N6P8R1T0V

Says where the step is now (STEPS, a lane of RETRIES, BACKLOG, or done), every attempt that the log
still has, and its result. Exits 1 when nothing is known of the step. A search takes 20 s at most; it
then says how far back it came, and --until goes on from there.`
}

func (c *explainCmd) Run(s *session) error {
	if !schema.ValidID(c.Project) || !schema.ValidStepID(c.Step) {
		return fmt.Errorf("%w: give a project and a step's id, like acme 01JD8Q4W5C7Y3K2M9N6P8R1T0V", errUsage)
	}
	ops, err := s.operations()
	if err != nil {
		return err
	}
	told, err := ops.Explain(s.ctx, c.Project, c.Step, console.Period{Since: ago(c.Since), Until: c.Until.Time})
	if err != nil {
		return err
	}
	if c.Out == "text" {
		s.story(told)
	} else {
		err = s.data(c.Out, told)
	}
	if told.Place == console.PlaceUnknown && err == nil {
		return errors.New("nothing is known of this step")
	}
	return err
}

func (s *session) story(t console.Story) {
	for _, a := range t.Attempts {
		fmt.Fprintln(s.stdout, attemptLine(a))
	}
	switch w := t.Waiting; t.Place {
	case console.PlaceDone:
		fmt.Fprintf(s.stdout, "done: %s\n", resultLine(*t.Result))
	case console.PlaceSteps:
		fmt.Fprintf(s.stdout, "in STEPS since %s: its first attempt has not ended yet\n", w.Since.Format(time.RFC3339))
	case console.PlaceRetries:
		fmt.Fprintf(s.stdout, "in RETRIES, lane %s, since %s: attempt %d is due %s\n", w.Lane, w.Since.Format(time.RFC3339), w.Attempt, w.Due.Format(time.RFC3339))
	case console.PlaceBacklog:
		fmt.Fprintf(s.stdout, "in BACKLOG since %s: attempt %d waits for room on %s (busy, rate-limited or paused)\n", w.Since.Format(time.RFC3339), w.Attempt, w.Webhook)
	}
	for _, n := range t.Notes {
		fmt.Fprintln(s.stdout, n)
	}
}
