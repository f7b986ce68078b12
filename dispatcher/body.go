package dispatcher

import (
	"net/http"
	"strconv"

	"github.com/journeyhook/journeyhook/dispatcher/handlebars"
	"github.com/journeyhook/journeyhook/internal/formtext"
	"github.com/journeyhook/journeyhook/schema"
)

// prepareBody renders the body, if the method has one (B10–B13, C11).
func prepareBody(r *request, p *plan, s *schema.Step) error {
	b := &p.hook.Body
	switch {
	case r.method == http.MethodGet:
		return nil
	case b.Type == schema.BodyURLEncoded:
		if r.method == http.MethodDelete && len(b.Form) == 0 && !b.IncludeEmailAndWorkflowID {
			return nil
		}
		return formBody(r, p, s)
	case r.method == http.MethodDelete && p.json == nil && len(b.UserFields) == 0 && !b.IncludeEmailAndWorkflowID:
		return nil
	}
	return jsonBody(r, p, s)
}

// jsonBody merges the body's four sources. A key stands where its winner stands: written body, user
// fields, dataFields, email and workflowId in this order, but email and workflowId win over
// dataFields (C12, C13).
func jsonBody(r *request, p *plan, s *schema.Step) error {
	var written handlebars.Object
	if p.json != nil {
		out, present, err := p.json.Execute(r.buffers.body[:0], &r.buffers.data)
		r.buffers.body = out[:0]
		if err != nil {
			return renderFault("body", err)
		}
		if present && (out[0] != '{' || !joins(p, s)) {
			r.body = out // sent as it is: nothing joins it, or it is no object (C11)
			return nil
		}
		if present {
			if written, err = handlebars.ParseObject(out); err != nil {
				return renderFault("body", err)
			}
		}
	}
	m := merger{out: append(r.buffers.merged[:0], '{')}
	for key, value := range written.All() {
		m.add(key, value)
	}
	addUserFields(&m, r, p)
	if p.hook.Body.IncludeTriggerData {
		if err := addTriggerData(&m, p, s); err != nil {
			return err
		}
	}
	if p.hook.Body.IncludeEmailAndWorkflowID {
		m.addNew("email", handlebars.AppendString(nil, s.User.Email))
		m.addNew("workflowId", strconv.AppendInt(nil, s.WorkflowID, 10))
	}
	r.buffers.merged = append(m.out, '}')
	r.body = r.buffers.merged
	return nil
}

// joins reports whether anything may be added to the written body.
func joins(p *plan, s *schema.Step) bool {
	b := &p.hook.Body
	return len(b.UserFields) > 0 || b.IncludeEmailAndWorkflowID || b.IncludeTriggerData && len(s.Trigger.DataFields) > 0
}

// addUserFields adds the listed fields: the profile's value, or the trigger's where the profile has
// none; null is sent, absent is left out (B12, C12, C15).
func addUserFields(m *merger, r *request, p *plan) {
	for _, name := range p.hook.Body.UserFields {
		value, ok := r.buffers.data.UserField(name)
		if ok {
			m.addNew(name, value)
		}
	}
}

func addTriggerData(m *merger, p *plan, s *schema.Step) error {
	if len(s.Trigger.DataFields) == 0 {
		return nil
	}
	fields, err := handlebars.ParseObject(s.Trigger.DataFields)
	if err != nil {
		return renderFault("dataFields", err)
	}
	included := p.hook.Body.IncludeEmailAndWorkflowID
	for key, value := range fields.All() {
		if included && (key == "email" || key == "workflowId") {
			continue
		}
		m.addNew(key, value)
	}
	return nil
}

// formBody writes the listed pairs, and email and workflowId where no pair names them (B13, C35).
func formBody(r *request, p *plan, s *schema.Step) error {
	out := r.buffers.body[:0]
	named := map[string]bool{}
	pair := func(key []byte, value string) {
		if len(out) > 0 {
			out = append(out, '&')
		}
		out = append(append(out, key...), '=')
		out = formtext.Append(out, value)
	}
	for _, f := range p.form {
		named[f.name] = true
		text, present, err := f.value.Execute(r.buffers.text[:0], &r.buffers.data)
		r.buffers.text = text[:0]
		if err != nil {
			return renderFault("form field "+strconv.Quote(f.name), err)
		}
		if present {
			pair(f.key, string(text))
		}
	}
	if p.hook.Body.IncludeEmailAndWorkflowID {
		if !named["email"] {
			pair([]byte("email"), s.User.Email)
		}
		if !named["workflowId"] {
			pair([]byte("workflowId"), strconv.FormatInt(s.WorkflowID, 10))
		}
	}
	r.buffers.body, r.body = out, out
	if r.body == nil {
		r.body = []byte{}
	}
	return nil
}
