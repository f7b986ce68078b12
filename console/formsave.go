package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/journeyhook/journeyhook/schema"
)

// save stores what a form describes, or shows it again with what is in the way.
func (s *Server) save(c *Call, f *form) error {
	wrote := readForm(f.Values)
	saved, err := s.store(c, f, &wrote)
	if err == nil {
		done := "saved"
		switch {
		case f.New:
			done = "created"
		case !saved.Changed:
			done = "same"
		}
		to := hookPath(c.Project, saved.ID) + "?done=" + done
		if wantsJSON(c) {
			return ok(c, formAnswer{Location: to, Faults: []placedFault{}, Warnings: saved.Warnings})
		}
		http.Redirect(c.W, c.R, to, http.StatusSeeOther)
		return nil
	}
	p := ProblemOf(err)
	switch {
	case p.Status == http.StatusUnprocessableEntity:
		f.Faults = placed(p.Errors, &wrote)
	case errors.Is(err, schema.ErrExists):
		p.Status = http.StatusUnprocessableEntity
		f.Faults = []placedFault{{"id", "is taken by another webhook; choose another one"}}
	case p.Status >= http.StatusInternalServerError && !errors.Is(err, schema.ErrNoKeys) && !errors.Is(err, schema.ErrWrongKey):
		return err
	default:
		f.Problem = &p
		s.tellNewer(c, f)
	}
	if wantsJSON(c) {
		f.Panel = s.look(c, f.Values)
		return s.answerForm(c, f)
	}
	return s.showForm(c, p.Status, f)
}

func (s *Server) store(c *Call, f *form, wrote *filled) (Saved, error) {
	if err := s.editing(c, wrote); err != nil {
		return Saved{}, err
	}
	text, err := wrote.definition(c.Project)
	if err != nil {
		return Saved{}, err
	}
	w, err := s.Ops.Read(text, c.Project, c.ID)
	if err != nil {
		return Saved{}, err
	}
	if f.New {
		return s.Ops.Create(c.R.Context(), c.By(viaConsole), w)
	}
	revision := revisionOf(f.Values)
	if revision == 0 { // any revision must be meant, and a form can't
		return Saved{}, unreadableForm
	}
	if err := s.Ops.keepSigning(c.R.Context(), w, moved{wrote.rows["signing.secrets"], revision}); err != nil {
		return Saved{}, err
	}
	return s.Ops.Replace(c.R.Context(), c.By(viaConsole), w, revision)
}

// editing makes a form that has a webhook's address a change to what is stored there.
func (s *Server) editing(c *Call, wrote *filled) error {
	if c.ID == "" {
		return nil
	}
	stored, err := s.Ops.opened(c.R.Context(), c.Project, c.ID)
	if err != nil {
		return err
	}
	return wrote.editing(masked(stored))
}

// revisionOf is the one that a form was opened with, 0 for a new webhook's.
func revisionOf(v url.Values) uint64 {
	revision, _ := strconv.ParseUint(v.Get("revision"), 10, 64) // what is no number is none
	return revision
}

// tellNewer finds what others saved since the form was opened.
func (s *Server) tellNewer(c *Call, f *form) {
	base := revisionOf(f.Values)
	edits, err := s.Ops.History(c.R.Context(), c.Project, c.ID)
	if err != nil {
		return // the conflict itself is told all the same
	}
	for _, e := range edits {
		if e.Revision > base {
			f.Newer = append(f.Newer, e)
			f.Current = max(f.Current, e.Revision)
		}
	}
}
