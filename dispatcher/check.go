package dispatcher

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

// Check reports everything that would keep a definition from working: its structure, its templates,
// and what the operator does not allow. It is what saving a webhook asks (B3–B7, C11, C17, C18).
func (d *Dispatcher) Check(w *schema.Webhook) error {
	var fs schema.Faults
	collect(&fs, w.Validate())
	if w.Endpoint != "" {
		_, err := compile(w, d.AllowHTTP)
		collect(&fs, err)
		d.checkKeys(&fs, w.Endpoint)
	}
	if !d.AllowHTTP && strings.HasPrefix(strings.ToLower(w.Auth.TokenURL), "http://") {
		fs.Add("auth.tokenUrl", "must start with https://; plain http needs the operator's EGRESS_ALLOW_HTTP")
	}
	checkNonObject(&fs, w)
	return fs.Err()
}

func collect(fs *schema.Faults, err error) {
	var more schema.Faults
	if errors.As(err, &more) {
		*fs = append(*fs, more...)
	}
}

// checkKeys looks for API keys among the query names that are written out; names made by expressions
// are judged after rendering.
func (d *Dispatcher) checkKeys(fs *schema.Faults, endpoint string) {
	text := withoutTags(endpoint)
	_, query, _ := strings.Cut(text, "?")
	query, _, _ = strings.Cut(query, "#")
	if name, found := keyName(query, d.keyNames()); found {
		fs.Add("endpoint", "API keys are not accepted in the URL; send %s as a header instead", name)
	}
	if u, err := url.Parse(text); err == nil && u.User != nil {
		fs.Add("endpoint", "can't contain a user name or password; use auth instead")
	}
}

// withoutTags is a template with its expressions cut out.
func withoutTags(template string) string { return strings.Join(betweenTags(template), "") }

// betweenTags are the pieces of a template before, between and behind its expressions.
func betweenTags(template string) []string {
	var pieces []string
	for {
		text, rest, found := strings.Cut(template, "{{")
		pieces = append(pieces, text)
		if !found {
			return pieces
		}
		_, after, _ := strings.Cut(rest, "}}")
		template = strings.TrimPrefix(after, "}")
	}
}

// checkNonObject refuses to add members to a written body that can't have any (C11).
func checkNonObject(fs *schema.Faults, w *schema.Webhook) {
	written := strings.TrimSpace(w.Body.JSON)
	if written == "" || written[0] == '{' {
		return
	}
	if len(w.Body.UserFields) > 0 {
		fs.Add("body.userFields", "can't be added: body.json is not an object")
	}
	if w.Body.IncludeEmailAndWorkflowID {
		fs.Add("body.includeEmailAndWorkflowId", "can't be added: body.json is not an object")
	}
}

// Warnings says what is allowed but perhaps not meant.
func Warnings(w *schema.Webhook) []string {
	var out []string
	b := w.Body
	if w.Method == http.MethodGet && (b.JSON != "" || len(b.UserFields) > 0 || len(b.Form) > 0 || b.IncludeEmailAndWorkflowID) {
		out = append(out, "body: a GET request has no body, so this is not sent")
	}
	if strings.HasPrefix(strings.ToLower(w.Endpoint), "http://") {
		out = append(out, "endpoint: plain http is not encrypted")
	}
	return out
}
