package console

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// found is what the step explorer was asked, and what it found.
type found struct {
	Asked      string
	Email      bool
	Story      *Story
	Results    []schema.Result
	More       bool
	Problem    string
	Unfinished *Unfinished // there was no time to look at everything
	Again      time.Time   // when the step was looked for, if it may be found elsewhere in a moment; else zero
}

// stepsPage finds one step by its id, or a user's steps by email. With after it is asked by the page's script.
func (s *Server) stepsPage(c *Call) error {
	p := paramsOf(c.R)
	f := found{Asked: strings.TrimSpace(p.text("q"))}
	f.Email = strings.Contains(f.Asked, "@")
	until, after := p.time("until"), p.time("after")
	if err := p.faults.Err(); err != nil {
		return err
	}
	var act Action
	switch {
	case f.Asked == "":
		act = func(c *Call) error { return s.results(c, &f, ResultsQuery{Until: until, Limit: shownAttempts}) }
	case f.Email:
		act = s.searching(func(c *Call) error {
			return s.results(c, &f, ResultsQuery{Email: f.Asked, Until: until, Limit: 100})
		})
	case !schema.ValidStepID(f.Asked):
		f.Problem = "This is neither a step's id nor an email address."
		return s.showFound(c, f)
	case !after.IsZero():
		return s.searching(func(c *Call) error { return s.tellAgain(c, &f, after) })(c)
	default:
		act = s.searching(func(c *Call) error { return s.tell(c, &f, until) })
	}
	err := act(c)
	if f.Unfinished = unfinished(err); err != nil && f.Unfinished == nil && !errors.Is(err, ErrNoStream) {
		return err
	}
	return s.showFound(c, f)
}

func (s *Server) showFound(c *Call, f found) error {
	return s.show(c, http.StatusOK, "steps", view{Title: cmp.Or(f.Asked, "Steps"), Here: "steps", Data: f})
}

func (s *Server) results(c *Call, f *found, q ResultsQuery) (err error) {
	f.Results, f.More, err = s.Ops.Results(c.R.Context(), c.Project, q)
	return err
}

func (s *Server) tell(c *Call, f *found, until time.Time) error {
	begun := time.Now()
	story, err := s.Ops.Explain(c.R.Context(), c.Project, f.Asked, Period{Until: until})
	if err != nil {
		return err
	}
	if story.Place != PlaceDone && until.IsZero() {
		f.Again = begun
	}
	if story.Place == PlaceUnknown && len(story.Attempts) == 0 {
		f.Problem = strings.Join(story.Notes, " ")
		return nil
	}
	f.Story = &story
	return nil
}

// tellAgain answers with the story alone, for the page's script to put in place, and with nothing for a step that
// is not found: what the page says of it holds.
func (s *Server) tellAgain(c *Call, f *found, after time.Time) error {
	story, err := s.Ops.explainAgain(c.R.Context(), c.Project, f.Asked, after)
	if err != nil {
		return err
	}
	if story.Place == PlaceUnknown {
		c.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	f.Story = &story
	return s.part(c, "steps", "found", map[string]any{"Project": c.Project, "Data": *f})
}

// Where says where a step is, in a sentence.
func (f found) Where() string {
	switch f.Story.Place {
	case PlaceDone:
		return "It is done."
	case PlaceBacklog:
		return "It waits in the backlog: its webhook is paused, busy, or at its rate limit."
	case PlaceSteps:
		return "Its first attempt is about to begin, or under way."
	default:
		return "It is on its way between two places; look again in a moment."
	}
}
