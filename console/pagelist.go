package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

const listPage = 50

// listed is a page of the list and how to turn it.
type listed struct {
	Page
	Query    Query
	Filtered bool
	First    int
	Last     int
	values   url.Values
}

func (s *Server) listPage(c *Call) error {
	values := c.R.URL.Query()
	offset, _ := strconv.Atoi(values.Get("offset")) // what is no number is the first page
	q := Query{Search: values.Get("q"), State: schema.State(values.Get("state")), Sort: values.Get("sort"), Offset: offset, Limit: listPage}
	page, err := s.Ops.List(c.R.Context(), c.Project, q)
	if err != nil {
		return err
	}
	l := listed{Page: page, Query: q, Filtered: q.Search != "" || q.State != "", First: page.Offset + 1, Last: page.Offset + len(page.Items), values: values}
	return s.show(c, http.StatusOK, "list", view{Title: "Webhooks of " + c.Project, Here: "webhooks", Data: l})
}

func (l listed) with(name, value string) string {
	v := url.Values{}
	for _, key := range []string{"q", "state", "sort"} {
		if text := l.values.Get(key); text != "" {
			v.Set(key, text)
		}
	}
	v.Set(name, value)
	return "?" + v.Encode()
}

// Sorted is the address of the same list in another order; a second time it is turned round.
func (l listed) Sorted(field string) string {
	now := cmp.Or(l.Query.Sort, "name")
	first, other := field, "-"+field
	if field == "failing" || field == "revision" { // the most first
		first, other = other, first
	}
	if now == first {
		return l.with("sort", other)
	}
	return l.with("sort", first)
}

// Order is how a column is sorted, as ARIA says it.
func (l listed) Order(field string) string {
	switch now := cmp.Or(l.Query.Sort, "name"); now {
	case field:
		return "ascending"
	case "-" + field:
		return "descending"
	default:
		return "none"
	}
}

// Earlier and Later are the addresses of the pages beside this one, "" where there is none.
func (l listed) Earlier() string {
	if l.Offset == 0 {
		return ""
	}
	return l.with("offset", strconv.Itoa(max(0, l.Offset-listPage)))
}

// Later is the next page.
func (l listed) Later() string {
	if l.Last >= l.Total {
		return ""
	}
	return l.with("offset", strconv.Itoa(l.Offset+listPage))
}

// doomed is a webhook that is about to be deleted, and whom that would concern.
type doomed struct {
	ID, Name string
	Tiles    []schema.TileUse
}

// deletePage asks before anything is deleted, and names the tiles that use it.
func (s *Server) deletePage(c *Call) error {
	ids := c.R.URL.Query()["id"]
	if len(ids) == 0 {
		return see(c, "/projects/"+c.Project, "")
	}
	if len(ids) > maxDeletions {
		return &refusal{http.StatusBadRequest, "bad-request", "Too many at once", "choose at most " + strconv.Itoa(maxDeletions)}
	}
	var all []doomed
	used := 0
	for _, id := range ids {
		if !schema.ValidID(id) {
			return schema.ErrNotFound
		}
		w, err := s.Ops.opened(c.R.Context(), c.Project, id)
		if err != nil {
			return err
		}
		tiles, err := s.Ops.UsedBy(c.R.Context(), c.Project, id)
		if err != nil {
			return err
		}
		if len(tiles) > 0 {
			used++
		}
		all = append(all, doomed{id, w.Name, tiles})
	}
	return s.show(c, http.StatusOK, "delete", view{Title: "Delete webhooks", Here: "webhooks", Data: map[string]any{"Hooks": all, "Used": used}})
}

func (s *Server) deleteSelected(c *Call) error {
	if err := c.R.ParseForm(); err != nil {
		return unreadableForm
	}
	ids := c.R.PostForm["id"]
	if len(ids) == 0 || len(ids) > maxDeletions {
		return &refusal{http.StatusBadRequest, "bad-request", "Nothing was chosen", "choose 1 to " + strconv.Itoa(maxDeletions) + " webhooks"}
	}
	var kept []string
	for _, r := range s.Ops.DeleteMany(c.R.Context(), c.By(viaConsole), c.Project, ids, false) {
		if r.Err != nil && !Expected(r.Err) {
			s.Log.Error().Err(r.Err).Str("project", c.Project).Str("webhook", r.ID).Msg("a webhook could not be deleted")
		}
		if !r.Deleted {
			kept = append(kept, r.ID+": "+r.Why)
		}
	}
	if len(kept) > 0 {
		return &refusal{http.StatusConflict, "not-deleted", "Not everything was deleted", strings.Join(kept, "; ")}
	}
	return see(c, "/projects/"+c.Project, "deleted")
}

var unreadableForm = &refusal{http.StatusBadRequest, "bad-request", "The form can't be read", "go back and try again"}

// copied is the page that asks for a copy's id.
type copied struct {
	From  *schema.Webhook
	ID    string
	Fault string
}

func (s *Server) copyPage(c *Call) error {
	w, err := s.Ops.Get(c.R.Context(), c.Project, c.ID)
	if err != nil {
		return err
	}
	return s.showCopy(c, http.StatusOK, copied{From: w, ID: c.ID[:min(len(c.ID), 59)] + "-copy"})
}

func (s *Server) showCopy(c *Call, status int, data copied) error {
	return s.show(c, status, "copy", view{Title: "Copy " + data.From.Name, Here: "webhooks", Data: data})
}

func (s *Server) submitCopy(c *Call) error {
	to := strings.TrimSpace(c.R.PostFormValue("id"))
	saved, err := s.Ops.Copy(c.R.Context(), c.By(viaConsole), schema.Name{Project: c.Project, ID: c.ID}, schema.Name{Project: c.Project, ID: to})
	if err == nil {
		lacks := url.Values{"done": {"copied"}}
		for _, m := range saved.Missing {
			part, _, _ := strings.Cut(m, "[") // headers[0].value (X-Api-Key)
			if !slices.Contains(lacks["missing"], part) {
				lacks.Add("missing", part)
			}
		}
		http.Redirect(c.W, c.R, hookPath(c.Project, to)+"/edit?"+lacks.Encode(), http.StatusSeeOther)
		return nil
	}
	p := ProblemOf(err)
	if p.Status != http.StatusConflict && p.Status != http.StatusUnprocessableEntity {
		return err
	}
	w, readErr := s.Ops.Get(c.R.Context(), c.Project, c.ID)
	if readErr != nil {
		return readErr
	}
	return s.showCopy(c, p.Status, copied{From: w, ID: to, Fault: p.Title + ": " + p.Detail})
}
