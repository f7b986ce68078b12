package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

// sampleStepText is who a request is shown for until somebody writes another one.
const sampleStepText = `{
  "user": {
    "email": "pat@example.com",
    "userId": "u_1",
    "profile": {
      "firstName": "Pat",
      "lastName": "O'Brien",
      "city": "San Francisco"
    }
  },
  "trigger": {
    "type": "apiCall",
    "dataFields": {"promotionId": 123, "color": "red"}
  },
  "workflowId": 12345,
  "tile": {"id": "7", "type": "callWebhook"}
}`

// form is the page on which a definition is written.
type form struct {
	New      bool
	Project  string
	Values   url.Values
	Faults   []placedFault
	Problem  *Problem // why it was not saved, where that is no field's fault
	Newer    []Edit   // what others saved meanwhile
	Current  uint64   // the revision that they made
	Forgot   bool     // typed secrets that have to be typed again
	Guide    schema.Guide
	Catcher  string // where a webhook can be pointed to be tried out
	Panel    tryPanel
	Warnings []string
}

// placedFault is a fault and the form's field it belongs to.
type placedFault struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (s *Server) newPage(c *Call) error {
	destination := c.R.URL.Query().Get("destination")
	if !slices.Contains(schema.Destinations, destination) {
		destination = "custom"
	}
	v := s.begin(destination)
	if at := c.R.URL.Query().Get("endpoint"); at != "" {
		v.Set("endpoint", at)
	}
	return s.showForm(c, http.StatusOK, &form{New: true, Values: v})
}

// begin is a new form for a destination. A form body has a pair for each name that it needs.
func (s *Server) begin(destination string) url.Values {
	w := s.Ops.Draft(destination)
	if w.Method == "" {
		w.Method = http.MethodPost
	}
	if w.Body.Type == schema.BodyURLEncoded && len(w.Body.Form) == 0 {
		for _, names := range s.Ops.Guide(destination).Body {
			w.Body.Form = append(w.Body.Form, schema.Pair{Name: names[0]})
		}
	}
	return formValues(w)
}

func (s *Server) editPage(c *Call) error {
	w, err := s.Ops.Get(c.R.Context(), c.Project, c.ID)
	if err != nil {
		return err
	}
	v := formValues(w)
	v.Set("revision", strconv.FormatUint(w.Revision, 10))
	f := &form{Values: v}
	f.Panel = s.look(c, v)
	f.Faults = f.Panel.faults
	return s.showForm(c, http.StatusOK, f)
}

func (s *Server) showForm(c *Call, status int, f *form) error {
	f.Project = c.Project
	f.Guide = s.Ops.Guide(f.Values.Get("destination"))
	if s.Ops.Catcher != nil {
		f.Catcher = s.Ops.Catcher.URL()
	}
	if f.Values.Get("sample") == "" {
		f.Values.Set("sample", sampleStepText)
	}
	f.Panel.Sample = f.Values.Get("sample")
	f.Values, f.Forgot = withoutSecrets(f.Values)
	title := "New webhook"
	if !f.New {
		title = "Edit " + c.ID
	}
	return s.show(c, status, "form", view{Title: title, Here: "webhooks", Data: f})
}

// submitForm does what the pressed button says: save, or show or send the request. The page's script asks
// for JSON, so that what was typed stays where it is.
func (s *Server) submitForm(c *Call) error {
	if err := c.R.ParseForm(); err != nil {
		return unreadableForm
	}
	v := c.R.PostForm
	if c.ID != "" {
		v.Set("id", c.ID)
	} else if strings.TrimSpace(v.Get("id")) == "" {
		v.Set("id", idFrom(v.Get("name")))
	}
	f := &form{New: c.ID == "", Values: v}
	switch v.Get("do") {
	case "check", "preview":
		f.Panel = s.look(c, v)
		f.Faults = f.Panel.faults
	case "test":
		f.Panel = s.sendDraft(c, v)
		f.Faults = f.Panel.faults
	default:
		return s.save(c, f)
	}
	if wantsJSON(c) {
		return s.answerForm(c, f)
	}
	return s.showForm(c, http.StatusOK, f)
}

// formAnswer is what the form's script is told.
type formAnswer struct {
	Location string        `json:"location,omitempty"` // saved; go there
	Faults   []placedFault `json:"faults"`
	Warnings []string      `json:"warnings"`
	Panel    string        `json:"panel,omitempty"`   // HTML
	Problem  string        `json:"problem,omitempty"` // HTML
	Current  string        `json:"current,omitempty"` // the revision others made
}

func (s *Server) answerForm(c *Call, f *form) error {
	a := formAnswer{Faults: f.Faults, Warnings: f.Panel.Warnings}
	if a.Faults == nil {
		a.Faults = []placedFault{}
	}
	if f.Problem != nil {
		html, err := rendered("form", "conflict", f)
		if err != nil {
			return err
		}
		a.Problem, a.Current = string(html), strconv.FormatUint(f.Current, 10)
		return ok(c, a)
	}
	html, err := rendered("form", "outcome", f.Panel)
	if err != nil {
		return err
	}
	a.Panel = string(html)
	return ok(c, a)
}

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
	case p.Status >= http.StatusInternalServerError && !errors.Is(err, schema.ErrNoKeys):
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
	revision, err := strconv.ParseUint(f.Values.Get("revision"), 10, 64)
	if err != nil || revision == 0 { // any revision must be meant, and a form can't
		return Saved{}, unreadableForm
	}
	if err := s.keepSigning(c, w, wrote, revision); err != nil {
		return Saved{}, err
	}
	return s.Ops.Replace(c.R.Context(), c.By(viaConsole), w, revision)
}

// keepSigning is for signing secrets that moved because one before them was taken out: *** stands for what
// is stored in the same place of the list, which would be another one.
func (s *Server) keepSigning(c *Call, w *schema.Webhook, wrote *filled, revision uint64) error {
	rows := wrote.rows["signing.secrets"]
	for i := range w.Signing.Secrets {
		if rows[i] == i || !w.Signing.Secrets[i].IsMasked() {
			continue
		}
		stored, err := s.Ops.Store.Load(c.R.Context(), c.Project, c.ID)
		if err != nil {
			return err
		}
		if stored.Revision != revision || rows[i] >= len(stored.Signing.Secrets) {
			return schema.ErrConflict
		}
		w.Signing.Secrets[i] = stored.Signing.Secrets[rows[i]]
	}
	return nil
}

// tellNewer finds what others saved since the form was opened.
func (s *Server) tellNewer(c *Call, f *form) {
	base, _ := strconv.ParseUint(f.Values.Get("revision"), 10, 64)
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

// placed puts faults at the form's fields.
func placed(faults []Fault, wrote *filled) []placedFault {
	all := []placedFault{}
	for _, f := range faults {
		message := f.Message
		if f.Path == "" && f.Line > 0 {
			message = "line " + strconv.Itoa(f.Line) + ": " + message
		}
		all = append(all, placedFault{wrote.field(f.Path), message})
	}
	return all
}

// guide is what the form fills in and explains when another destination is chosen.
func (s *Server) guide(c *Call) error {
	destination := c.R.URL.Query().Get("destination")
	if !slices.Contains(schema.Destinations, destination) {
		return schema.ErrNotFound
	}
	g := s.Ops.Guide(destination)
	html, err := rendered("form", "guide", g)
	if err != nil {
		return err
	}
	values, err := json.Marshal(s.begin(destination))
	if err != nil {
		return err
	}
	return ok(c, map[string]any{"values": json.RawMessage(values), "guide": string(html), "example": g.Example})
}
