package console

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/journeyhook/journeyhook/schema"
)

// params reads a query and collects what is wrong with it. A name that is not known is a mistake too: a
// misspelt filter must not silently be none.
type params struct {
	values map[string][]string
	used   []string
	faults schema.Faults
}

func paramsOf(r *http.Request) *params { return &params{values: r.URL.Query()} }

func (p *params) text(name string) string {
	p.used = append(p.used, name)
	if all := p.values[name]; len(all) > 0 {
		return all[0]
	}
	return ""
}

func (p *params) list(name string) []string {
	p.used = append(p.used, name)
	return p.values[name]
}

func (p *params) number(name string) int {
	text := p.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		p.faults.Add(name, "%q is not a whole number", text)
	}
	return n
}

func (p *params) flag(name string) bool {
	switch text := p.text(name); text {
	case "", "false":
	case "true":
		return true
	default:
		p.faults.Add(name, "must be true or false, not %q", text)
	}
	return false
}

// time reads a moment, or how long ago one was: 2026-11-23T12:00:00Z, 15m.
func (p *params) time(name string) time.Time {
	text := p.text(name)
	if text == "" {
		return time.Time{}
	}
	at, err := ParseTime(text)
	if err != nil {
		p.faults.Add(name, "%s", err)
	}
	return at
}

func (p *params) webhook() string {
	text := p.text("webhook")
	if text != "" && !schema.ValidID(text) {
		p.faults.Add("webhook", "%q can't be an id", text)
	}
	return text
}

func (p *params) oneOf(name string, allowed ...string) string {
	text := p.text(name)
	if text != "" && !slices.Contains(allowed, text) {
		p.faults.Add(name, "%q is not known; use one of %s", text, strings.Join(allowed, ", "))
	}
	return text
}

func (p *params) statuses(name string) schema.Statuses {
	var all schema.Statuses
	for _, text := range p.list(name) {
		if text == "0" { // no answer at all
			all = append(all, schema.StatusOf(0))
			continue
		}
		s, err := schema.ParseStatus(text)
		if err != nil {
			p.faults.Add(name, "%s", err)
			continue
		}
		all = append(all, s)
	}
	return all
}

// err is everything wrong, when all that is known has been read.
func (p *params) err() error {
	for name := range p.values {
		if !slices.Contains(p.used, name) {
			p.faults.Add(name, "is not known here; there are %s", strings.Join(p.used, ", "))
		}
	}
	if p.faults.Err() == nil {
		return nil
	}
	return &refusal{http.StatusBadRequest, "bad-request", "The query can't be used", p.faults.Error()}
}

// ParseTime reads a moment in RFC 3339, or how long ago it was, like 15m or 24h.
func ParseTime(text string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	ago, err := time.ParseDuration(text)
	if err != nil || ago < 0 {
		return time.Time{}, &refusal{http.StatusBadRequest, "bad-request", "not a time", strconv.Quote(text) + " is neither a time like 2026-11-23T12:00:00Z nor how long ago, like 15m"}
	}
	return time.Now().Add(-ago), nil
}

// body reads the content that was sent, whole, if it is of one of the types.
func body(c *Call, types ...string) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(c.R.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(types, kind) {
		return nil, &refusal{http.StatusUnsupportedMediaType, "media-type", "This type can't be read here", "send " + strings.Join(types, " or ")}
	}
	raw, err := io.ReadAll(c.R.Body)
	if err == nil && !utf8.Valid(raw) { // reading it would replace what is none (C51)
		return nil, &refusal{http.StatusBadRequest, "bad-request", "The body can't be read", "it is not UTF-8"}
	}
	return schema.Content(raw), err
}

// decode reads a JSON object strictly.
func decode(c *Call, into any) error {
	raw, err := body(c, "application/json")
	if err != nil {
		return err
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || d.More() {
		return &refusal{http.StatusBadRequest, "bad-request", "The body can't be read", "it must be one JSON object with the fields that /api lists"}
	}
	return nil
}
