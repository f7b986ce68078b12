package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

type previewCmd struct {
	Webhook address `arg:"" name:"PROJECT/WEBHOOK"`
	File    string  `short:"f" required:"" placeholder:"STEP.json" help:"The step; - is standard input. Its projectId and webhookId are replaced."`
	Out     string  `name:"output" short:"o" enum:"text,json,yaml" default:"text" help:"${enum}."`
}

func (previewCmd) Help() string {
	return `Example:
  hookctl preview acme/welcome-crm -f step.json

Nothing is sent. Secrets are ***, and no key is needed to open them. Fields that templates print and
this user has no value for are listed. Exits 1 when there would be no request.`
}

func (c *previewCmd) Run(s *session) error {
	ops, sample, err := s.sample(c.File)
	if err != nil {
		return err
	}
	r, err := ops.Preview(s.ctx, c.Webhook.project, c.Webhook.webhook, sample)
	switch {
	case err != nil:
		return c.Webhook.about(err)
	case !r.Sends:
		writeMissing(s.stdout, r.Request.Missing)
		return fmt.Errorf("there would be no request, and the user would exit: %s: %s", r.Reason, r.Detail)
	case c.Out != "text":
		return s.data(c.Out, r.Request)
	}
	writePreview(s.stdout, r.Request)
	return nil
}

// sample is the step in a file, to try a webhook with.
func (s *session) sample(file string) (*console.Operations, console.Sample, error) {
	raw, err := s.readInput(file)
	if err != nil {
		return nil, console.Sample{}, err
	}
	ops, err := s.operations()
	return ops, console.Sample{Step: raw}, err
}

// writePreview is a request for people, as it would stand on the wire.
func writePreview(out io.Writer, p schema.Preview) {
	fmt.Fprintf(out, "%s %s\n", p.Method, p.URL)
	for _, name := range slices.Sorted(maps.Keys(p.Header)) {
		fmt.Fprintf(out, "%s: %s\n", name, p.Header.Get(name))
	}
	if p.Body != "" {
		fmt.Fprintf(out, "\n%s\n", p.Body)
	}
	writeMissing(out, p.Missing)
}

func writeMissing(out io.Writer, all []schema.Missing) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(out)
	for _, m := range all {
		fmt.Fprintf(out, "missing in %s: %s\n", m.Where, strings.Join(m.Fields, ", "))
	}
}
