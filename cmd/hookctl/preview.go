package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/journeyhook/journeyhook/dispatcher"
)

type previewCmd struct {
	Webhook address `arg:"" name:"PROJECT/WEBHOOK"`
	File    string  `short:"f" required:"" placeholder:"STEP.json" help:"The step; - is standard input. Its projectId and webhookId are replaced."`
	Out     string  `name:"output" short:"o" enum:"text,json" default:"text" help:"${enum}."`
}

func (previewCmd) Help() string {
	return `Example:
  hookctl preview acme/welcome-crm -f step.json

Nothing is sent. Secrets are ***, and no key is needed to open them. Fields that templates print and
this user has no value for are listed. Exits 1 when there would be no request.`
}

func (c *previewCmd) Run(s *session) error {
	step, err := s.stepFor(c.File, c.Webhook)
	if err != nil {
		return err
	}
	store, err := s.store()
	if err != nil {
		return err
	}
	w, err := store.Get(s.ctx, c.Webhook.project, c.Webhook.webhook)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Webhook, err)
	}
	p, refusal := s.checker().Preview(w, step)
	switch {
	case refusal != nil:
		writeMissing(s.stdout, p.Missing)
		return fmt.Errorf("there would be no request, and the user would exit: %s: %s", refusal.Reason, refusal.Detail)
	case c.Out == "json":
		return s.json(p)
	}
	writePreview(s.stdout, p)
	return nil
}

// writePreview is a request for people, as it would stand on the wire.
func writePreview(out io.Writer, p dispatcher.Preview) {
	fmt.Fprintf(out, "%s %s\n", p.Method, p.URL)
	for _, name := range slices.Sorted(maps.Keys(p.Header)) {
		fmt.Fprintf(out, "%s: %s\n", name, p.Header.Get(name))
	}
	if p.Body != "" {
		fmt.Fprintf(out, "\n%s\n", p.Body)
	}
	writeMissing(out, p.Missing)
}

func writeMissing(out io.Writer, all []dispatcher.Missing) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(out)
	for _, m := range all {
		fmt.Fprintf(out, "missing in %s: %s\n", m.Where, strings.Join(m.Fields, ", "))
	}
}
