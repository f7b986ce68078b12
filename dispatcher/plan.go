package dispatcher

import (
	"errors"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/journeyhook/journeyhook/dispatcher/handlebars"
	"github.com/journeyhook/journeyhook/internal/formtext"
	"github.com/journeyhook/journeyhook/schema"
)

// plan is a webhook with its templates compiled.
type plan struct {
	hook     *schema.Webhook
	endpoint *handlebars.Template
	headers  []headerPlan
	json     *handlebars.Template // nil when there is no written body
	form     []formPlan
	secrets  []string // what an echo must not show beside the rendered secret headers (C37)
}

type headerPlan struct {
	name   string // canonical
	value  *handlebars.Template
	secret bool
}

type formPlan struct {
	name  string // as written
	key   []byte // form-encoded
	value *handlebars.Template
}

// compile makes a plan, or says everything that is wrong with the templates.
func compile(w *schema.Webhook, allowHTTP bool) (*plan, error) {
	var fs schema.Faults
	p := &plan{hook: w}
	make := func(path, source string, place handlebars.Place) *handlebars.Template {
		t, err := handlebars.Compile(source, place, handlebars.Options{AllowDynamicHost: w.AllowDynamicHost, AllowHTTP: allowHTTP})
		if err != nil {
			addSyntax(&fs, path, err)
		}
		return t
	}
	p.endpoint = make("endpoint", w.Endpoint, handlebars.URL)
	for i, h := range w.Headers {
		t := make("headers["+strconv.Itoa(i)+"].value", h.Value.Text(), handlebars.Header)
		p.headers = append(p.headers, headerPlan{textproto.CanonicalMIMEHeaderKey(h.Name), t, h.Secret})
	}
	if strings.TrimSpace(w.Body.JSON) != "" {
		p.json = make("body.json", w.Body.JSON, handlebars.JSON)
	}
	for i, f := range w.Body.Form {
		t := make("body.form["+strconv.Itoa(i)+"].value", f.Value, handlebars.Form)
		p.form = append(p.form, formPlan{f.Name, formtext.Append(nil, f.Name), t})
	}
	p.secrets = fixedSecrets(w)
	return p, fs.Err()
}

// addSyntax adds a template error with its place.
func addSyntax(fs *schema.Faults, path string, err error) {
	var syntax *handlebars.SyntaxError
	if errors.As(err, &syntax) {
		fs.AddAt(path, syntax.Line, syntax.Column, syntax.Message)
		return
	}
	fs.Add(path, "%s", err)
}
