package main

import (
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

type tryCmd struct {
	Webhook address   `arg:"" name:"PROJECT/WEBHOOK"`
	Step    stepFlags `embed:""`
	Out     string    `name:"output" short:"o" enum:"text,json,yaml" default:"text" help:"${enum}."`
}

func (tryCmd) Help() string {
	return `Examples:
  hookctl try acme/welcome-crm --user pat@example.com --profile '{"firstName":"Pat"}' --data '{"orderId":10045}'
  hookctl try acme/welcome-crm -f step.json

` + stepHelp + `

One real call, as a worker makes it: the same guard, tokens and time limit, so it takes the workers'
JOURNEYHOOK_EGRESS_… settings and secret keys. No journey hears of it, nothing is tried again.
Exits 0 when the user would continue, 1 otherwise.`
}

func (c *tryCmd) Run(s *session) error {
	ops, sample, err := c.Step.sample(s)
	if err != nil {
		return err
	}
	t, err := ops.TestSend(s.ctx, s.by(), c.Webhook.project, c.Webhook.webhook, sample)
	if err != nil {
		return c.Webhook.about(err)
	}
	if c.Out == "text" {
		s.trial(t)
	} else if err := s.data(c.Out, t); err != nil {
		return err
	}
	if t.Next == schema.NextContinue {
		return nil
	}
	return fmt.Errorf("the user would not continue: %s", t.Reason)
}

// trial shows the request, the answer, and what the journey would do.
func (s *session) trial(t console.Trial) {
	if t.Request.URL != "" {
		writePreview(s.stdout, t.Request)
		fmt.Fprintln(s.stdout)
	}
	if t.Status != 0 {
		fmt.Fprintf(s.stdout, "answer   %d  %s\n", t.Status, t.Answer)
	} else {
		fmt.Fprintln(s.stdout, "answer   none")
	}
	fmt.Fprintf(s.stdout, "timings  %.1f ms: dns %.1f, connect %.1f, tls %.1f, first byte %.1f\n",
		t.Timings.Took, t.Timings.DNS, t.Timings.Connect, t.Timings.TLS, t.Timings.FirstByte)
	if t.Tokens > 0 {
		fmt.Fprintf(s.stdout, "tokens   refused and replaced %d times\n", t.Tokens)
	}
	if t.Fields != nil {
		fmt.Fprintf(s.stdout, "profile  %s, ignored: %v\n", t.Fields, t.Ignored)
	}
	switch t.Next {
	case schema.NextContinue:
		fmt.Fprintf(s.stdout, "journey  the user would continue (%s)\n", t.Reason)
	case schema.NextRetry:
		fmt.Fprintf(s.stdout, "journey  the call would be tried again in %s (%s)\n", time.Duration(t.WaitMS)*time.Millisecond, t.Reason)
	default:
		fmt.Fprintf(s.stdout, "journey  the user would exit (%s)\n", t.Reason)
	}
	if t.Detail != "" {
		fmt.Fprintf(s.stderr, "warning: %s\n", t.Detail)
	}
}
