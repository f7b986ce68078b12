package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

type explainCmd struct {
	Project string        `arg:"" help:"The project."`
	Step    string        `arg:"" help:"The step's id."`
	Since   time.Duration `default:"0s" help:"Look only at records of this time before now; 0 looks at all there are."`
	Out     string        `name:"output" short:"o" enum:"text,json" default:"text" help:"${enum}."`
}

func (explainCmd) Help() string {
	return `Example:
  hookctl explain acme 01JD8Q4W5C7Y3K2M9N6P8R1T0V

Says where the step is now (STEPS, a lane of RETRIES, BACKLOG, or done), every attempt that the log
still has, and its result. Exits 1 when nothing is known of the step.`
}

// story is what is known of a step.
type story struct {
	Project  string           `json:"projectId"`
	Step     string           `json:"stepId"`
	Place    string           `json:"place"` // steps, retries, backlog, done, or unknown
	Waiting  *waiting         `json:"waiting,omitempty"`
	Attempts []schema.Attempt `json:"attempts"`
	Result   *schema.Result   `json:"result,omitempty"`
	Notes    []string         `json:"notes,omitempty"`
}

// waiting is a step that stands in a queue.
type waiting struct {
	Lane    string    `json:"lane,omitempty"`
	Webhook string    `json:"webhookId"`
	Attempt int       `json:"nextAttempt"`
	Since   time.Time `json:"since"`
	Due     time.Time `json:"due,omitzero"`
}

func (c *explainCmd) Run(s *session) error {
	if !schema.ValidID(c.Project) || !schema.ValidStepID(c.Step) {
		return fmt.Errorf("%w: give a project and a step's id, like acme 01JD8Q4W5C7Y3K2M9N6P8R1T0V", errUsage)
	}
	js, err := s.jetstream()
	if err != nil {
		return err
	}
	l := lookup{ctx: s.ctx, js: js, names: s.names(), project: c.Project, step: c.Step, since: c.Since}
	told, err := l.story()
	if err != nil {
		return err
	}
	if c.Out == "json" {
		err = s.json(told)
	} else {
		told.write(s)
	}
	if told.Place == placeUnknown && err == nil {
		return errors.New("nothing is known of this step")
	}
	return err
}

func (t story) write(s *session) {
	for _, a := range t.Attempts {
		fmt.Fprintln(s.stdout, attemptLine(a))
	}
	switch w := t.Waiting; t.Place {
	case placeDone:
		fmt.Fprintf(s.stdout, "done: %s\n", resultLine(*t.Result))
	case placeSteps:
		fmt.Fprintf(s.stdout, "in STEPS since %s: its first attempt has not ended yet\n", w.Since.Format(time.RFC3339))
	case placeRetries:
		fmt.Fprintf(s.stdout, "in RETRIES, lane %s, since %s: attempt %d is due %s\n", w.Lane, w.Since.Format(time.RFC3339), w.Attempt, w.Due.Format(time.RFC3339))
	case placeBacklog:
		fmt.Fprintf(s.stdout, "in BACKLOG since %s: attempt %d waits for room on %s (busy, rate-limited or paused)\n", w.Since.Format(time.RFC3339), w.Attempt, w.Webhook)
	}
	for _, n := range t.Notes {
		fmt.Fprintln(s.stdout, n)
	}
}
