package console

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/journeyhook/journeyhook/schema"
)

// details is everything about one webhook. Hook is nil for a deleted one, of which there is history only, and for
// one that can't be read.
type details struct {
	ID       string
	Hook     *schema.Webhook
	Unread   *schema.UnreadableError
	Pulse    pulse
	Tiles    []schema.TileUse
	Attempts []schema.Attempt
	More     bool
	Next     schema.Next // what the attempts are narrowed to
	Edits    []Edit
	Try      tryPanel
	Opened   bool // the panel was just used
	Sample   string
}

// pulse is how a webhook does right now.
type pulse struct {
	Project, ID string
	Counts      Counts
	Backlog     *Backlog // nil where no worker has started yet
	Chart       chart
}

// shownAttempts is how many attempts the page begins with.
const shownAttempts = 25

func (s *Server) detailsPage(c *Call) error { return s.showDetails(c, nil) }

func (s *Server) showDetails(c *Call, try *tryPanel) error {
	d := details{ID: c.ID, Sample: sampleStepText, Next: schema.Next(c.R.URL.Query().Get("next"))}
	if try != nil {
		d.Try, d.Opened = *try, true
		if try.Sample != "" {
			d.Sample = try.Sample
		}
	}
	var err error
	if d.Edits, err = s.Ops.History(c.R.Context(), c.Project, c.ID); err != nil {
		return err
	}
	d.Hook, err = s.Ops.Get(c.R.Context(), c.Project, c.ID)
	if err != nil && !errors.As(err, &d.Unread) && !(errors.Is(err, schema.ErrNotFound) && len(d.Edits) > 0) {
		return err
	}
	if d.Pulse, err = s.pulseOf(c); err != nil {
		return err
	}
	if d.Tiles, err = s.Ops.UsedBy(c.R.Context(), c.Project, c.ID); err != nil {
		return err
	}
	attempts := func(c *Call) (err error) {
		d.Attempts, d.More, err = s.Ops.Attempts(c.R.Context(), c.Project, AttemptsQuery{Webhook: c.ID, Next: d.Next, Limit: shownAttempts})
		return err
	}
	if d.Next != "" { // which may be far back
		attempts = s.searching(attempts)
	}
	if err := attempts(c); err != nil && !errors.Is(err, ErrNoStream) && unfinished(err) == nil {
		return err
	}
	title := c.ID
	if d.Hook != nil {
		title = d.Hook.Name
	}
	return s.show(c, http.StatusOK, "details", view{Title: title, Here: "webhooks", Data: d})
}

func (s *Server) pulseOf(c *Call) (pulse, error) {
	p := pulse{Project: c.Project, ID: c.ID}
	var minutes []Minute
	if s.Ops.Health != nil {
		minutes = s.Ops.Health.Minutes(c.Project, c.ID)
	}
	for _, m := range minutes {
		p.Counts.add(m.Counts)
	}
	p.Chart = newChart(minutes)
	b, err := s.Ops.Backlog(c.R.Context(), c.Project, c.ID)
	if err == nil {
		p.Backlog = &b
	} else if !errors.Is(err, ErrNoStream) {
		return p, err
	}
	return p, nil
}

// pulse answers with the page's counts and chart alone, for its script to put in place.
func (s *Server) pulse(c *Call) error {
	p, err := s.pulseOf(c)
	if err != nil {
		return err
	}
	return s.part(c, "details", "pulse", p)
}

func (s *Server) submitState(c *Call) error {
	state, done := schema.Active, "resumed"
	if c.R.PostFormValue("state") == string(schema.Paused) {
		state, done = schema.Paused, "paused"
	}
	if _, err := s.Ops.SetState(c.R.Context(), c.By(viaConsole), c.Project, c.ID, state, AnyRevision); err != nil {
		return err
	}
	return see(c, hookPath(c.Project, c.ID), done)
}

func (s *Server) submitRollback(c *Call) error {
	to, err := strconv.ParseUint(c.R.PostFormValue("to"), 10, 64)
	if err != nil {
		return unreadableForm
	}
	over, err := strconv.ParseUint(c.R.PostFormValue("over"), 10, 64) // 0 for a deleted one: nothing is written over
	if err != nil {
		return unreadableForm
	}
	if _, err := s.Ops.Rollback(c.R.Context(), c.By(viaConsole), c.Project, c.ID, to, over); err != nil {
		return err
	}
	return see(c, hookPath(c.Project, c.ID), "restored")
}

// Revision is the stored one, 0 when there is none.
func (d details) Revision() uint64 {
	switch {
	case d.Unread != nil:
		return d.Unread.Revision
	case d.Hook == nil:
		return 0
	}
	return d.Hook.Revision
}
