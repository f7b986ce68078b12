package console

import (
	"errors"
	"net/http"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

func (s *Server) me(c *Call) error { return ok(c, c.Who) }

func (s *Server) listProjects(c *Call) error {
	if err := paramsOf(c.R).err(); err != nil {
		return err
	}
	projects, err := s.Ops.Projects(c.R.Context(), c.Who.Sees)
	if err != nil {
		return err
	}
	return ok(c, map[string]any{"items": projects})
}

func (s *Server) listWebhooks(c *Call) error {
	p := paramsOf(c.R)
	q := Query{
		Search: p.text("q"), State: schema.State(p.oneOf("state", "active", "paused")), Destination: p.oneOf("destination", schema.Destinations...),
		Sort: p.text("sort"), Offset: p.number("offset"), Limit: p.number("limit"),
	}
	if err := p.err(); err != nil {
		return err
	}
	page, err := s.Ops.List(c.R.Context(), c.Project, q)
	if err != nil {
		return err
	}
	return ok(c, page)
}

func (s *Server) getWebhook(c *Call) error {
	w, err := s.Ops.Get(c.R.Context(), c.Project, c.ID)
	if unreadable, ok := errors.AsType[*schema.UnreadableError](err); ok {
		c.W.Header().Set("ETag", etag(unreadable.Revision)) // for the write that replaces it
	}
	if err != nil {
		return err
	}
	tag := etag(w.Revision)
	c.W.Header().Set("ETag", tag)
	if noneMatch(c.R, tag) {
		c.W.WriteHeader(http.StatusNotModified)
		return nil
	}
	return ok(c, w)
}

// putWebhook creates with If-None-Match: * and replaces with If-Match.
func (s *Server) putWebhook(c *Call) error {
	text, err := body(c, "application/json", "application/yaml")
	if err != nil {
		return err
	}
	w, err := s.Ops.Read(text, c.Project, c.ID)
	if err != nil {
		return err
	}
	if strings.TrimSpace(c.R.Header.Get("If-None-Match")) == "*" {
		saved, err := s.Ops.Create(c.R.Context(), c.By(api), w)
		return written(c, http.StatusCreated, saved, conditional(err))
	}
	revision, err := required(c.R)
	if err != nil {
		return err
	}
	saved, err := s.Ops.Replace(c.R.Context(), c.By(api), w, revision)
	return written(c, http.StatusOK, saved, conditional(err))
}

func (s *Server) patchWebhook(c *Call) error {
	patch, err := body(c, "application/merge-patch+json", "application/json")
	if err != nil {
		return err
	}
	revision, err := required(c.R)
	if err != nil {
		return err
	}
	saved, err := s.Ops.Patch(c.R.Context(), c.By(api), c.Project, c.ID, patch, revision)
	return written(c, http.StatusOK, saved, conditional(err))
}

func written(c *Call, status int, saved Saved, err error) error {
	if err != nil {
		return err
	}
	c.W.Header().Set("ETag", etag(saved.Revision))
	if status == http.StatusCreated {
		c.W.Header().Set("Location", "/api/v1/projects/"+saved.Project+"/webhooks/"+saved.ID)
	}
	return answer(c, status, saved)
}

func (s *Server) deleteWebhook(c *Call) error {
	p := paramsOf(c.R)
	unused := p.flag("ifUnused")
	if err := p.err(); err != nil {
		return err
	}
	revision, _, err := match(c.R)
	if err != nil {
		return err
	}
	tiles, err := s.Ops.Delete(c.R.Context(), c.By(api), Removal{Project: c.Project, ID: c.ID, Revision: revision, IfUnused: unused})
	if err != nil {
		if revision != AnyRevision {
			return conditional(err)
		}
		return err
	}
	return ok(c, Removed{ID: c.ID, Deleted: true, Tiles: tiles})
}

// maxDeletions is how many webhooks one request deletes at most.
const maxDeletions = 200

func (s *Server) deleteWebhooks(c *Call) error {
	p := paramsOf(c.R)
	ids, unused := p.list("id"), p.flag("ifUnused")
	if len(ids) == 0 || len(ids) > maxDeletions {
		p.faults.Add("id", "name 1 to %d webhooks: ?id=a&id=b", maxDeletions)
	}
	if err := p.err(); err != nil {
		return err
	}
	all := s.Ops.DeleteMany(c.R.Context(), c.By(api), c.Project, ids, unused)
	for _, r := range all {
		if r.Err != nil && !Expected(r.Err) {
			s.Log.Error().Err(r.Err).Str("project", c.Project).Str("webhook", r.ID).Msg("a webhook could not be deleted")
		}
	}
	return ok(c, map[string]any{"items": all})
}

func (s *Server) copyWebhook(c *Call) error {
	var to struct {
		ID string `json:"id"`
	}
	if err := decode(c, &to); err != nil {
		return err
	}
	saved, err := s.Ops.Copy(c.R.Context(), c.By(api), schema.Name{Project: c.Project, ID: c.ID}, schema.Name{Project: c.Project, ID: to.ID})
	return written(c, http.StatusCreated, saved, err)
}

func (s *Server) history(c *Call) error {
	edits, err := s.Ops.History(c.R.Context(), c.Project, c.ID)
	if err != nil {
		return err
	}
	return ok(c, map[string]any{"items": edits})
}

func (s *Server) rollback(c *Call) error {
	var to struct {
		Revision uint64 `json:"revision"`
	}
	if err := decode(c, &to); err != nil {
		return err
	}
	revision, err := required(c.R)
	if err != nil {
		return err
	}
	saved, err := s.Ops.Rollback(c.R.Context(), c.By(api), c.Project, c.ID, to.Revision, revision)
	return written(c, http.StatusOK, saved, conditional(err))
}

func (s *Server) pause(c *Call) error  { return s.setState(c, schema.Paused) }
func (s *Server) resume(c *Call) error { return s.setState(c, schema.Active) }

func (s *Server) setState(c *Call, state schema.State) error {
	revision, _, err := match(c.R)
	if err != nil {
		return err
	}
	saved, err := s.Ops.SetState(c.R.Context(), c.By(api), c.Project, c.ID, state, revision)
	return written(c, http.StatusOK, saved, conditional(err))
}

func (s *Server) listTiles(c *Call) error {
	if _, err := s.Ops.opened(c.R.Context(), c.Project, c.ID); err != nil {
		return err
	}
	tiles, err := s.Ops.UsedBy(c.R.Context(), c.Project, c.ID)
	if err != nil {
		return err
	}
	return ok(c, map[string]any{"items": tiles})
}

func (s *Server) draft(c *Call) error {
	p := paramsOf(c.R)
	destination := p.oneOf("destination", schema.Destinations...)
	if err := p.err(); err != nil {
		return err
	}
	text, err := s.Ops.DraftText(c.Project, destination)
	if err != nil {
		return err
	}
	return ok(c, text)
}

func (s *Server) validate(c *Call) error {
	text, err := body(c, "application/json", "application/yaml")
	if err != nil {
		return err
	}
	return ok(c, s.Ops.Validate(text))
}

func (s *Server) preview(c *Call) error {
	var sample Sample
	if err := decode(c, &sample); err != nil {
		return err
	}
	rehearsal, err := s.Ops.Preview(c.R.Context(), c.Project, c.ID, sample)
	if err != nil {
		return err
	}
	return ok(c, rehearsal)
}

func (s *Server) testSend(c *Call) error {
	var sample Sample
	if err := decode(c, &sample); err != nil {
		return err
	}
	trial, err := s.Ops.TestSend(c.R.Context(), c.By(api), c.Project, c.ID, sample)
	if err != nil {
		return err
	}
	return ok(c, trial)
}
