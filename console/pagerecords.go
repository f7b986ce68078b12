package console

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// notices is the notification center's page.
type notices struct {
	Items []Notice
	All   bool // also those that somebody saw to
}

func (s *Server) noticesPage(c *Call) error {
	n := notices{All: c.R.URL.Query().Get("all") != ""}
	var err error
	n.Items, err = s.Ops.Notices(c.R.Context(), c.Project, 100, !n.All)
	if err != nil && !errors.Is(err, ErrNoStream) {
		return err
	}
	return s.show(c, http.StatusOK, "notices", view{Title: "Notifications", Here: "notifications", Data: n})
}

// openNotices counts what nobody saw to, for the frame's script.
func (s *Server) openNotices(c *Call) error {
	open, err := s.Ops.Notices(c.R.Context(), c.Project, MaxPage, true)
	if err != nil && !errors.Is(err, ErrNoStream) {
		return err
	}
	ids := map[string]bool{}
	for _, n := range open {
		ids[n.ID] = true
	}
	return ok(c, map[string]int{"open": len(ids)})
}

func (s *Server) acknowledgeNotice(c *Call) error {
	upTo, err := time.Parse(time.RFC3339Nano, c.R.PostFormValue("upTo"))
	if err != nil {
		return unreadableForm
	}
	if _, err := s.Ops.Acknowledge(c.R.Context(), c.By(viaConsole), c.Project, c.R.PathValue("notification"), upTo); err != nil {
		return err
	}
	return see(c, "/projects/"+c.Project+"/notifications", "acknowledged")
}

// found is what the step explorer was asked, and what it found.
type found struct {
	Asked   string
	Email   bool
	Story   *Story
	Results []schema.Result
	More    bool
	Problem string
	Moving  bool // look again in a moment
}

// stepsPage finds one step by its id, or a user's steps by email.
func (s *Server) stepsPage(c *Call) error {
	f := found{Asked: strings.TrimSpace(c.R.URL.Query().Get("q"))}
	f.Email = strings.Contains(f.Asked, "@")
	var err error
	switch {
	case f.Asked == "":
		f.Results, f.More, err = s.Ops.Results(c.R.Context(), c.Project, ResultsQuery{Limit: shownAttempts})
	case f.Email:
		f.Results, f.More, err = s.Ops.Results(c.R.Context(), c.Project, ResultsQuery{Email: f.Asked, Limit: 100})
	case !schema.ValidStepID(f.Asked):
		f.Problem = "This is neither a step's id nor an email address."
	default:
		err = s.tell(c, &f)
	}
	if err != nil && !errors.Is(err, ErrNoStream) {
		return err
	}
	if c.R.URL.Query().Get("part") != "" {
		return s.part(c, "steps", "found", map[string]any{"Project": c.Project, "Data": f})
	}
	return s.show(c, http.StatusOK, "steps", view{Title: cmp.Or(f.Asked, "Steps"), Here: "steps", Data: f})
}

func (s *Server) tell(c *Call, f *found) error {
	story, err := s.Ops.Explain(c.R.Context(), c.Project, f.Asked, time.Time{})
	if err != nil {
		return err
	}
	f.Moving = story.Place != PlaceDone
	if story.Place == PlaceUnknown && len(story.Attempts) == 0 {
		f.Problem = strings.Join(story.Notes, " ")
		return nil
	}
	f.Story = &story
	return nil
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

func (s *Server) changesPage(c *Call) error {
	changes, more, err := s.Ops.Changes(c.R.Context(), c.Project, ChangesQuery{Webhook: c.R.URL.Query().Get("webhook"), Limit: 100})
	if err != nil && !errors.Is(err, ErrNoStream) {
		return err
	}
	data := map[string]any{"Changes": changes, "More": more, "Webhook": c.R.URL.Query().Get("webhook")}
	return s.show(c, http.StatusOK, "changes", view{Title: "Changes", Here: "changes", Data: data})
}

func (s *Server) catcherPage(c *Call) error {
	list, err := s.Ops.Caught(c.R.Context())
	if err != nil {
		return err
	}
	if c.R.URL.Query().Get("part") != "" {
		return s.part(c, "catcher", "caught", list)
	}
	shown := *c
	if project := c.R.URL.Query().Get("project"); schema.ValidID(project) && c.Who.Sees(project) {
		shown.Project = project
	}
	return s.show(&shown, http.StatusOK, "catcher", view{Title: "Request catcher", Here: "catcher", Data: list})
}
