package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
	Unread   string   // why the stored definition can't be read, which this one replaces
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

// begin is a new form for a destination. A form body has a pair for each name that it needs, a JSON body is the sample.
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
	if w.Body.Type == schema.BodyJSON && w.Body.JSON == "" {
		w.Body.JSON = s.Ops.Guide(destination).Sample
	}
	return formValues(w)
}

func (s *Server) editPage(c *Call) error {
	w, err := s.Ops.Get(c.R.Context(), c.Project, c.ID)
	if unreadable, ok := errors.AsType[*schema.UnreadableError](err); ok {
		v := s.begin("custom")
		v.Set("id", c.ID)
		v.Set("revision", strconv.FormatUint(unreadable.Revision, 10))
		return s.showForm(c, http.StatusOK, &form{Values: v, Unread: unreadable.Why})
	}
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
	for _, values := range v {
		if !utf8.ValidString(strings.Join(values, "")) { // reading it would replace what is none (C51)
			return unreadableForm
		}
	}
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

// placed puts faults at the form's fields.
func placed(faults []Fault, wrote *filled) []placedFault {
	all := []placedFault{}
	for _, f := range faults {
		if f.Path == "id" && wrote.doc["id"] == nil && wrote.doc["name"] == nil {
			continue // it will be made of the name
		}
		message := f.Message
		if f.Path == "" && f.Line > 0 {
			message = "line " + strconv.Itoa(f.Line) + ": " + message
		}
		at := placedFault{wrote.field(f.Path), message}
		if !slices.Contains(all, at) { // some are found twice, by the definition's check and by the call's
			all = append(all, at)
		}
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
