package console

import (
	"errors"
	"net/http"
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

func (s *Server) changesPage(c *Call) error {
	p := paramsOf(c.R)
	q := ChangesQuery{Webhook: p.text("webhook"), Until: p.time("until"), Limit: 100}
	if err := p.faults.Err(); err != nil {
		return err
	}
	changes, more, err := s.Ops.Changes(c.R.Context(), c.Project, q)
	if err != nil && !errors.Is(err, ErrNoStream) && unfinished(err) == nil {
		return err
	}
	data := map[string]any{"Changes": changes, "More": more, "Webhook": q.Webhook, "Unfinished": unfinished(err)}
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
