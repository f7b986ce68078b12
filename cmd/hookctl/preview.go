package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

type previewCmd struct {
	Webhook address   `arg:"" name:"PROJECT/WEBHOOK"`
	Step    stepFlags `embed:""`
	Out     string    `name:"output" short:"o" enum:"text,json,yaml" default:"text" help:"${enum}."`
}

func (previewCmd) Help() string {
	return `Examples:
  hookctl preview acme/welcome-crm --user pat@example.com --profile '{"firstName":"Pat"}' --data '{"orderId":10045}'
  hookctl preview acme/welcome-crm -f step.json

` + stepHelp + `

Nothing is sent. Secrets are ***, and no key is needed to open them. Fields that templates print and
this user has no value for are listed. Exits 1 when there would be no request.`
}

func (c *previewCmd) Run(s *session) error {
	ops, sample, err := c.Step.sample(s)
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
