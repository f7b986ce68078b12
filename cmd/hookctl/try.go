package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/schema"
)

type tryCmd struct {
	Webhook address `arg:"" name:"PROJECT/WEBHOOK"`
	File    string  `short:"f" required:"" placeholder:"STEP.json" help:"The step; - is standard input. Its projectId and webhookId are replaced."`
	Out     string  `name:"output" short:"o" enum:"text,json" default:"text" help:"${enum}."`
}

func (tryCmd) Help() string {
	return `Example:
  hookctl try acme/welcome-crm -f step.json

One real call, as a worker makes it: the same guard, tokens and time limit, so it takes the workers'
JOURNEYHOOK_EGRESS_… settings and secret keys. No journey hears of it, nothing is tried again.
Exits 0 when the user would continue, 1 otherwise.`
}

// trial is what a test send brought.
type trial struct {
	Request  dispatcher.Preview `json:"request"`
	Status   int                `json:"status"`
	Answer   string             `json:"answer,omitempty"` // the start of a failure's body
	Fields   json.RawMessage    `json:"fields,omitempty"` // a profile tile would save
	Ignored  []string           `json:"ignored,omitempty"`
	Timings  timings            `json:"timings"`
	Next     schema.Next        `json:"next"`
	Reason   schema.Reason      `json:"reason"`
	WaitMS   int64              `json:"waitMs"`
	Detail   string             `json:"detail,omitempty"`
	Tokens   int                `json:"tokenRefreshes"`
	Webhook  string             `json:"webhook"`
	Revision uint64             `json:"revision"`
}

// timings are in milliseconds.
type timings struct {
	Took      float64 `json:"tookMs"`
	DNS       float64 `json:"dnsMs"`
	Connect   float64 `json:"connectMs"`
	TLS       float64 `json:"tlsMs"`
	FirstByte float64 `json:"firstByteMs"`
}

func (c *tryCmd) Run(s *session) error {
	step, err := s.stepFor(c.File, c.Webhook)
	if err != nil {
		return err
	}
	store, err := s.store()
	if err != nil {
		return err
	}
	w, err := store.Load(s.ctx, c.Webhook.project, c.Webhook.webhook)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Webhook, err)
	}
	cfg := app.Config{Stores: s.cli.Stores, EgressAllow: s.cli.EgressAllow, EgressCA: s.cli.EgressCA, EgressProxy: s.cli.EgressProxy}
	d, closed, err := cfg.Dispatcher()
	if err != nil {
		return err
	}
	defer closed()
	request, _ := d.Preview(w, step)
	out := d.Dispatch(s.ctx, w, step)
	if s.ctx.Err() != nil {
		return fmt.Errorf("the call was cut off: %w", s.ctx.Err())
	}
	t := newTrial(w, request, out, app.Decide(w, out, 1))
	if c.Out == "json" {
		err = s.json(t)
	} else {
		t.write(s)
	}
	if err != nil || t.Next == schema.NextContinue {
		return err
	}
	return fmt.Errorf("the user would not continue: %s", t.Reason)
}

func newTrial(w *schema.Webhook, request dispatcher.Preview, out schema.Outcome, d app.Decision) trial {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	call := out.Call
	return trial{
		Request: request, Status: out.Status, Answer: call.Snippet, Fields: out.Fields, Ignored: out.Ignored,
		Timings: timings{ms(call.Ended.Sub(call.Started)), ms(call.DNS), ms(call.Connect), ms(call.TLS), ms(call.FirstByte)},
		Next:    d.Next, Reason: d.Reason, WaitMS: d.Wait.Milliseconds(), Detail: d.Detail, Tokens: out.TokenRefreshes,
		Webhook: w.Project + "/" + w.ID, Revision: w.Revision,
	}
}

// write shows the request, the answer, and what the journey would do.
func (t trial) write(s *session) {
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
