package dispatcher

import (
	"net/http"
	"slices"

	"github.com/journeyhook/journeyhook/dispatcher/handlebars"
	"github.com/journeyhook/journeyhook/internal/redact"
	"github.com/journeyhook/journeyhook/schema"
)

// Preview renders a step's request and sends nothing. When there would be none, it returns the outcome
// the step would have instead. What is missing is told in both cases. Signatures, and tokens that
// only a token server knows, are *** too.
func (d *Dispatcher) Preview(w *schema.Webhook, s *schema.Step) (schema.Preview, *schema.Outcome) {
	plan, refusal := d.planFor(w, s)
	if refusal != nil {
		return schema.Preview{Method: w.Method, Missing: []schema.Missing{}}, refusal
	}
	p := schema.Preview{Method: w.Method, Missing: missing(plan, s)}
	req, err := d.prepare(plan, s)
	if err != nil {
		out := unprepared(err)
		return p, &out
	}
	secrets := slices.DeleteFunc(req.secrets(), func(s string) bool { return s == schema.Masked })
	hide := func(text string) string {
		text, _ = redact.Hide(text, false, secrets, nil)
		return text
	}
	p.URL, p.Body, p.Header = hide(req.url.String()), hide(string(req.body)), http.Header{}
	for name, values := range req.header {
		p.Header.Set(name, hide(values[0]))
	}
	for _, h := range plan.headers {
		if _, sent := req.header[h.name]; sent && h.secret {
			p.Header.Set(h.name, schema.Masked)
		}
	}
	if w.Auth.Type == schema.AuthOAuth2 {
		p.Header.Set("Authorization", "Bearer "+schema.Masked)
	}
	if len(w.Signing.Secrets) > 0 {
		p.Header.Set("Webhook-Signature", schema.Masked)
	}
	return p, nil
}

// planFor is the webhook's plan, or why no step of this tile can use it.
func (d *Dispatcher) planFor(w *schema.Webhook, s *schema.Step) (*plan, *schema.Outcome) {
	plan, err := d.plans.get(w)
	if err != nil {
		out := refused(schema.ReasonInvalidWebhook, err.Error())
		return nil, &out
	}
	if s.Tile.Type == schema.UserProfile && w.Method != http.MethodGet {
		out := refused(schema.ReasonInvalidWebhook, "a user profile tile needs a GET webhook; this one is "+w.Method)
		return nil, &out
	}
	return plan, nil
}

// missing looks at each template the method uses.
func missing(p *plan, s *schema.Step) []schema.Missing {
	all := []schema.Missing{}
	var data handlebars.Data
	if setData(&data, s) != nil {
		return all
	}
	add := func(where string, fields []string) {
		if len(fields) > 0 {
			all = append(all, schema.Missing{Where: where, Fields: fields})
		}
	}
	add("endpoint", p.endpoint.Missing(&data))
	for _, h := range p.headers {
		add("header "+h.name, h.value.Missing(&data))
	}
	if p.hook.Method == http.MethodGet {
		return all
	}
	if p.hook.Body.Type == schema.BodyURLEncoded {
		for _, f := range p.form {
			add("form field "+f.name, f.value.Missing(&data))
		}
		return all
	}
	if p.json != nil {
		add("body.json", p.json.Missing(&data))
	}
	var absent []string
	for _, name := range p.hook.Body.UserFields {
		if _, ok := data.UserField(name); !ok {
			absent = append(absent, name)
		}
	}
	add("body.userFields", absent)
	return all
}
