package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

type attemptsCmd struct {
	Project project       `arg:"" help:"The project."`
	Webhook string        `help:"Only this webhook's."`
	Step    string        `help:"Only this step's."`
	Reason  string        `help:"Only those with this reason, like timeout."`
	Next    string        `enum:",continue,exit,retry,wait" default:"" help:"Only those that led to this: continue, exit, retry or wait."`
	Status  []string      `placeholder:"STATUS" help:"Only those answered so, like 503 or 5xx."`
	Since   time.Duration `default:"24h" help:"How far to look back; 0 looks at all there are."`
	Until   moment        `placeholder:"TIME" help:"Only those from before this time, like 2026-11-23T12:00:00Z, or 15m ago."`
	Limit   int           `short:"n" default:"50" help:"At most so many, and at most 500."`
	Out     string        `name:"output" short:"o" enum:"table,json,yaml" default:"table" help:"${enum}."`
}

func (attemptsCmd) Help() string {
	return `Examples:
  hookctl attempts acme --webhook welcome-crm --status 5xx
  hookctl attempts acme --reason timeout --since 1h -o json

Newest first. To follow them as they come: hookctl tail attempts acme`
}

func (c *attemptsCmd) Run(s *session) error {
	q := console.AttemptsQuery{Webhook: c.Webhook, Step: c.Step, Reason: schema.Reason(c.Reason), Next: schema.Next(c.Next), Since: ago(c.Since), Until: c.Until.Time, Limit: c.Limit}
	if c.Webhook != "" && !schema.ValidID(c.Webhook) {
		return fmt.Errorf("%w: %q is not a webhook", errUsage, c.Webhook)
	}
	if c.Reason != "" && !slices.Contains(schema.ReasonNames(), c.Reason) {
		return fmt.Errorf("%w: %q is no reason; there are %s", errUsage, c.Reason, strings.Join(schema.ReasonNames(), ", "))
	}
	for _, text := range c.Status {
		status, err := schema.ParseStatus(text)
		if err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		q.Status = append(q.Status, status)
	}
	ops, err := s.operations()
	if err != nil {
		return err
	}
	all, more, err := ops.Attempts(s.ctx, string(c.Project), q)
	if err != nil && all == nil {
		return err
	}
	if c.Out != "table" {
		return cmp.Or(s.data(c.Out, all), err)
	}
	rows := [][]string{{"AT", "WEBHOOK", "STEP", "ATTEMPT", "STATUS", "REASON", "NEXT", "MS", "DETAIL"}}
	for _, a := range all {
		rows = append(rows, []string{
			a.At.Format(time.RFC3339), a.WebhookID, a.StepID, strconv.Itoa(a.Attempt), strconv.Itoa(a.Status), string(a.Reason), string(a.Next),
			strconv.FormatFloat(a.TookMS, 'f', 1, 64), a.Detail,
		})
	}
	s.table(rows)
	s.more(more && err == nil)
	return err
}

func (s *session) more(more bool) {
	if more {
		fmt.Fprintln(s.stderr, "there are older ones; ask for more with -n, or look closer with other flags")
	}
}

// moment is a TIME argument: a time, or how long ago it was.
type moment struct{ time.Time }

func (m *moment) UnmarshalText(text []byte) (err error) {
	m.Time, err = console.ParseTime(string(text))
	return err
}

// ago is a moment; 0 is the beginning.
func ago(d time.Duration) time.Time {
	if d <= 0 {
		return time.Time{}
	}
	return time.Now().Add(-d)
}

type resultsCmd struct {
	Project project       `arg:"" help:"The project."`
	Email   string        `help:"Only this user's; the whole address."`
	Webhook string        `help:"Only this webhook's."`
	Since   time.Duration `default:"24h" help:"How far to look back; 0 looks at all there are."`
	Until   moment        `placeholder:"TIME" help:"Only those from before this time, like 2026-11-23T12:00:00Z, or 15m ago."`
	Limit   int           `short:"n" default:"50" help:"At most so many, and at most 500."`
	Out     string        `name:"output" short:"o" enum:"table,json,yaml" default:"table" help:"${enum}."`
}

func (resultsCmd) Help() string {
	return `Example:
  hookctl results acme --email pat@example.com

Newest first. To follow them as they come: hookctl tail results acme`
}

func (c *resultsCmd) Run(s *session) error {
	ops, err := s.operations()
	if err != nil {
		return err
	}
	all, more, err := ops.Results(s.ctx, string(c.Project), console.ResultsQuery{Email: c.Email, Webhook: c.Webhook, Since: ago(c.Since), Until: c.Until.Time, Limit: c.Limit})
	if err != nil && all == nil {
		return err
	}
	if c.Out != "table" {
		return cmp.Or(s.data(c.Out, all), err)
	}
	rows := [][]string{{"FINISHED", "WORKFLOW", "TILE", "WEBHOOK", "STEP", "OUTCOME", "REASON", "STATUS", "ATTEMPTS", "DETAIL"}}
	for _, r := range all {
		rows = append(rows, []string{
			r.FinishedAt.Format(time.RFC3339), strconv.FormatInt(r.WorkflowID, 10), r.TileID, r.WebhookID, r.StepID, string(r.Outcome), string(r.Reason),
			strconv.Itoa(r.Status), strconv.Itoa(r.Attempts), r.Detail,
		})
	}
	s.table(rows)
	s.more(more && err == nil)
	return err
}
