package console

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

// formLists are the parts of a definition that are lists; a form numbers their rows, and rows that are
// empty don't count.
var formLists = []string{"headers", "auth.params", "body.form", "body.userFields", "signing.secrets"}

// formTexts are the fields that a form gives as they are, by where they belong.
var formTexts = map[schema.AuthType][]string{
	schema.AuthNone:   nil,
	schema.AuthBasic:  {"token"},
	schema.AuthOAuth2: {"clientId", "clientSecret", "tokenUrl", "scope", "audience", "clientAuth"},
}

// filled is a definition as somebody wrote it in a form, and which row each entry of a list came from.
type filled struct {
	doc    map[string]any
	rows   map[string][]int
	stored map[string]any // what it changes, masked; nil for a new definition
}

// readForm makes a definition of a form's fields. What can't be a number stays a text, so that the
// definition's own check says what is wrong with it.
func readForm(v url.Values) filled {
	w := filled{doc: map[string]any{}, rows: map[string][]int{}}
	for _, name := range []string{"name", "id", "destination", "method", "state"} {
		if text := strings.TrimSpace(v.Get(name)); text != "" {
			w.doc[name] = text
		}
	}
	w.doc["endpoint"] = strings.TrimSpace(v.Get("endpoint"))
	w.doc["allowDynamicHost"] = v.Has("allowDynamicHost")
	w.doc["auth"] = w.auth(v)
	w.doc["headers"] = w.list(v, "headers", func(row string) any {
		return map[string]any{"name": strings.TrimSpace(v.Get(row + ".name")), "value": v.Get(row + ".value"), "secret": v.Has(row + ".secret")}
	})
	w.doc["body"] = w.body(v)
	w.doc["success"] = words(v.Get("success"))
	retry := map[string]any{"statuses": numbers(words(v.Get("retry.statuses"))), "honorRetryAfter": v.Has("retry.honorRetryAfter")}
	set(retry, "delay", v.Get("retry.delay"), text)
	set(retry, "max", v.Get("retry.max"), number)
	limits := map[string]any{}
	set(limits, "rate", v.Get("limits.rate"), number)
	set(limits, "concurrency", v.Get("limits.concurrency"), number)
	w.doc["retry"], w.doc["limits"] = retry, limits
	set(w.doc, "timeout", v.Get("timeout"), text)
	w.doc["signing"] = map[string]any{"secrets": w.list(v, "signing.secrets", func(row string) any { return strings.TrimSpace(v.Get(row)) })}
	w.doc["log"] = map[string]any{"bodies": v.Has("log.bodies")}
	return w
}

func (w *filled) auth(v url.Values) map[string]any {
	kind := schema.AuthType(v.Get("auth.type"))
	auth := map[string]any{"type": kind}
	for _, name := range formTexts[kind] {
		set(auth, name, v.Get("auth."+name), text)
	}
	if kind == schema.AuthOAuth2 {
		auth["honorExpiresIn"] = v.Has("auth.honorExpiresIn")
		auth["params"] = w.pairs(v, "auth.params")
	}
	return auth
}

func (w *filled) body(v url.Values) map[string]any {
	body := map[string]any{
		"type": v.Get("body.type"), "includeEmailAndWorkflowId": v.Has("body.includeEmailAndWorkflowId"), "includeTriggerData": v.Has("body.includeTriggerData"),
	}
	if schema.BodyType(v.Get("body.type")) == schema.BodyURLEncoded {
		body["form"] = w.pairs(v, "body.form")
		return body
	}
	if text := strings.ReplaceAll(v.Get("body.json"), "\r\n", "\n"); strings.TrimSpace(text) != "" {
		body["json"] = text
	}
	body["userFields"] = w.list(v, "body.userFields", func(row string) any { return strings.TrimSpace(v.Get(row)) })
	return body
}

func (w *filled) pairs(v url.Values, list string) []any {
	return w.list(v, list, func(row string) any {
		return map[string]any{"name": strings.TrimSpace(v.Get(row + ".name")), "value": v.Get(row + ".value")}
	})
}

// list is the rows of a list in which something is written.
func (w *filled) list(v url.Values, list string, entry func(row string) any) []any {
	entries := []any{}
	for _, n := range rowsOf(v, list) {
		row := list + "." + strconv.Itoa(n)
		if strings.TrimSpace(v.Get(row)+v.Get(row+".name")+v.Get(row+".value")) == "" {
			continue
		}
		w.rows[list] = append(w.rows[list], n)
		entries = append(entries, entry(row))
	}
	return entries
}

// maxRows is how many rows of one list a form may have.
const maxRows = 500

// rowsOf is the numbers of a list's rows, in order.
func rowsOf(v url.Values, list string) []int {
	found := map[int]bool{}
	for name := range v {
		rest, ok := strings.CutPrefix(name, list+".")
		if !ok {
			continue
		}
		text, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(text); err == nil && n >= 0 && len(found) < maxRows {
			found[n] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// definition is the written definition for a project, as JSON.
func (w *filled) definition(project string) (json.RawMessage, error) {
	w.doc["project"] = project
	if w.stored == nil {
		return json.Marshal(w.doc)
	}
	wrote, err := fieldsOf(w.doc)
	if err != nil {
		return nil, err
	}
	return json.Marshal(over(w.stored, wrote))
}

var indexed = regexp.MustCompile(`^([A-Za-z.]+)\[(\d+)\]`)

// field is the form's name for a fault's path: headers[1].value is in the row that the second header
// was written in.
func (w *filled) field(path string) string {
	m := indexed.FindStringSubmatch(path)
	if m == nil {
		return path
	}
	if !slices.Contains(formLists, m[1]) {
		return m[1] // one field holds the whole list
	}
	n, err := strconv.Atoi(m[2])
	if err != nil || n >= len(w.rows[m[1]]) {
		return m[1]
	}
	return m[1] + "." + strconv.Itoa(w.rows[m[1]][n]) + path[len(m[0]):]
}

// idFrom makes an id of a name: Welcome CRM sync → welcome-crm-sync.
func idFrom(name string) string {
	id := strings.Trim(notInIDs.ReplaceAllString(strings.ToLower(name), "-"), "-")
	return strings.Trim(id[:min(len(id), 64)], "-")
}

var notInIDs = regexp.MustCompile(`[^a-z0-9_]+`)

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
}

func numbers(texts []string) []any {
	all := []any{}
	for _, t := range texts {
		all = append(all, number(t))
	}
	return all
}

func text(s string) any { return s }

// number is a JSON number where a text is one.
func number(s string) any {
	if _, err := strconv.ParseFloat(s, 64); err == nil && json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	return s
}

// set leaves out what is empty, so that the default holds.
func set(doc map[string]any, name, value string, as func(string) any) {
	if value = strings.TrimSpace(value); value != "" {
		doc[name] = as(value)
	}
}
