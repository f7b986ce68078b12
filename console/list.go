package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

// MaxPage is the most entries one answer holds.
const MaxPage = 500

// Query asks for a page of a project's webhooks. Zero values ask for the first 50 by name.
type Query struct {
	Search      string // in id, name and endpoint, any letter case
	State       schema.State
	Destination string
	Sort        string // name, id, method, endpoint, state, revision, failing; a - before it turns it round
	Offset      int
	Limit       int // 0 = 50
}

// Sorts are what a list can be sorted by.
var Sorts = []string{"name", "id", "method", "endpoint", "state", "revision", "failing"}

// Page is a part of a project's webhooks.
type Page struct {
	Items  []Summary `json:"items"`
	Total  int       `json:"total"` // that match
	Offset int       `json:"offset"`
}

// Summary is a webhook in a list.
type Summary struct {
	Project     string          `json:"project"`
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Destination string          `json:"destination"`
	Method      string          `json:"method"`
	Endpoint    string          `json:"endpoint"`
	Auth        schema.AuthType `json:"auth"`
	State       schema.State    `json:"state"`
	Revision    uint64          `json:"revision"`
	Fault       string          `json:"fault,omitempty"` // why it can't be used
	Health      Counts          `json:"health"`          // of the last hour
}

// List is a page of a project's webhooks. An unknown sort is a [schema.Faults].
func (o *Operations) List(ctx context.Context, project string, q Query) (Page, error) {
	counts := map[schema.Name]Counts{}
	if o.Health != nil {
		counts = o.Health.Project(project)
	}
	found, err := o.find(ctx, project, q, counts)
	if err != nil {
		return Page{}, err
	}
	page := Page{Items: []Summary{}, Total: len(found), Offset: max(q.Offset, 0)}
	end := min(page.Offset+min(cmp.Or(max(q.Limit, 0), 50), MaxPage), len(found))
	for i := page.Offset; i < end; i++ {
		w := found[i]
		page.Items = append(page.Items, summary(w, counts[schema.Name{Project: w.Project, ID: w.ID}]))
	}
	return page, nil
}

// Find is every webhook of a project that a query matches, whole and masked. Its page is not looked at.
func (o *Operations) Find(ctx context.Context, project string, q Query) ([]*schema.Webhook, error) {
	found, err := o.find(ctx, project, q, nil)
	for i, w := range found {
		found[i] = masked(w)
	}
	return found, err
}

// find is what a query matches, in its order.
func (o *Operations) find(ctx context.Context, project string, q Query, counts map[schema.Name]Counts) ([]*schema.Webhook, error) {
	field, reverse := strings.CutPrefix(cmp.Or(q.Sort, "name"), "-")
	if !slices.Contains(Sorts, field) {
		return nil, schema.Faults{{Path: "sort", Message: fmt.Sprintf("%q is not known; use one of %s", field, strings.Join(Sorts, ", "))}}
	}
	all, err := o.Live.All(ctx, project)
	if err != nil {
		return nil, err
	}
	found := q.matching(all)
	rows := make([]sortRow, len(found))
	for i, w := range found {
		rows[i] = sortRow{w: w}
		rows[i].by(field, counts)
	}
	slices.SortFunc(rows, func(a, b sortRow) int {
		c := cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.number, b.number), strings.Compare(a.w.ID, b.w.ID))
		if reverse {
			return -c
		}
		return c
	})
	for i := range rows {
		found[i] = rows[i].w
	}
	return found, nil
}

type sortRow struct {
	w      *schema.Webhook
	text   string
	number int64
}

func (r *sortRow) by(field string, counts map[schema.Name]Counts) {
	switch w := r.w; field {
	case "name":
		r.text = strings.ToLower(w.Name)
	case "method":
		r.text = w.Method
	case "endpoint":
		r.text = strings.ToLower(w.Endpoint)
	case "state":
		r.text = string(w.State)
	case "revision":
		r.number = int64(w.Revision)
	case "failing":
		r.number = counts[schema.Name{Project: w.Project, ID: w.ID}].Exit
	}
}

func (q *Query) matching(all []*schema.Webhook) []*schema.Webhook {
	search := strings.ToLower(q.Search)
	found := make([]*schema.Webhook, 0, len(all))
	for _, w := range all {
		if q.State != "" && w.State != q.State || q.Destination != "" && w.Destination != q.Destination {
			continue
		}
		if search != "" && !strings.Contains(strings.ToLower(w.Name), search) && !strings.Contains(strings.ToLower(w.ID), search) &&
			!strings.Contains(strings.ToLower(w.Endpoint), search) {
			continue
		}
		found = append(found, w)
	}
	return found
}

func summary(w *schema.Webhook, c Counts) Summary {
	return Summary{
		Project: w.Project, ID: w.ID, Name: w.Name, Destination: w.Destination, Method: w.Method, Endpoint: w.Endpoint,
		Auth: w.Auth.Type, State: w.State, Revision: w.Revision, Fault: w.Fault, Health: c,
	}
}

// Project is a project and how many webhooks it has.
type Project struct {
	ID       string `json:"id"`
	Webhooks int    `json:"webhooks"`
}

// Projects are those that have webhooks and that may see says yes to, by id.
func (o *Operations) Projects(ctx context.Context, may func(project string) bool) ([]Project, error) {
	all, err := o.Live.All(ctx, "")
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, w := range all {
		counts[w.Project]++
	}
	projects := []Project{}
	for id, n := range counts {
		if may(id) {
			projects = append(projects, Project{id, n})
		}
	}
	slices.SortFunc(projects, func(a, b Project) int { return strings.Compare(a.ID, b.ID) })
	return projects, nil
}
