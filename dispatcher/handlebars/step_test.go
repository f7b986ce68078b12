package handlebars

import (
	"os"
	"strings"
	"testing"
	"time"
)

// C52: what is known of the step stands in every place, typed where that means something, and is never missing.
func TestStepVariables(t *testing.T) {
	t.Parallel()
	data, err := NewData([]byte(`{"stepId":"the user's","l":[1,2],"o":{"a":1}}`), nil, User{Email: "a@b.example"}, time.Date(2026, 11, 23, 14, 0, 0, 500e6, time.FixedZone("", 7200)))
	if err != nil {
		t.Fatal(err)
	}
	data.SetStep(Step{ID: "s:1", WorkflowID: 12345, TileID: "7", WebhookID: "crm", ProjectID: "acme"})
	all := "{{@stepId}} {{@workflowId}} {{@tileId}} {{@webhookId}} {{@projectId}} {{@reachedAt}}"
	const values = "s:1 12345 7 crm acme 2026-11-23T12:00:00.5Z"
	for name, c := range map[string]struct {
		place        Place
		source, want string
	}{
		"a header":       {Header, all, values},
		"a form value":   {Form, all, values},
		"a path":         {URL, "https://h.example/{{@projectId}}/{{@stepId}}", "https://h.example/acme/s%3A1"},
		"a query":        {URL, "https://h.example/?id={{@stepId}}&at={{@reachedAt}}", "https://h.example/?id=s%3A1&at=2026-11-23T12%3A00%3A00.5Z"},
		"a JSON text":    {JSON, `{"a":"` + all + `","w":"{{@workflowId}}"}`, `{"a":"` + values + `","w":"12345"}`},
		"typed JSON":     {JSON, `{"s": {{@stepId}}, "w": {{@workflowId}}, "at": {{@reachedAt}}, "l":[{{@tileId}}]}`, `{"s":"s:1","w":12345,"at":"2026-11-23T12:00:00.5Z","l":["7"]}`},
		"raw":            {Form, "{{{@stepId}}}", "s:1"},
		"in a loop":      {Form, "{{#each l}}{{@index}}{{@stepId}} {{/each}}{{#with o}}{{a}}{{@tileId}}{{/with}}", "0s:1 1s:1 17"},
		"in a helper":    {Form, `{{upper @projectId}} {{math @workflowId "+" 1}} {{dateFormat @reachedAt "yyyy"}} {{#if (eq @webhookId "crm")}}yes{{/if}}`, "ACME 12346 2026 yes"},
		"the user's own": {Form, "{{stepId}} {{@stepId}}", "the user's s:1"},
	} {
		tmpl, err := Compile(c.source, c.place, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		out, present, err := tmpl.Execute(nil, data)
		if string(out) != c.want || !present || err != nil {
			t.Errorf("%s: %s %v %v, want %s", name, out, present, err, c.want)
		}
		if missing := tmpl.Missing(data); len(missing) > 0 {
			t.Errorf("%s: %v is missing", name, missing)
		}
	}
	if err := data.Reset(nil, nil, User{}, reached); err != nil {
		t.Fatal(err)
	}
	for fact := range facts {
		out, present, err := compiled(t, `{"a": {{@`+fact+`}} }`, JSON).Execute(nil, data)
		if !present || err != nil || strings.Contains(string(out), "s:1") || strings.Contains(string(out), "12345") || !strings.Contains(string(out), `"a":`) {
			t.Errorf("after a reset, %s: %s %v %v", fact, out, present, err)
		}
	}
	for _, source := range []string{"{{@stepid}}", "{{@step}}", "{{@stepId.length}}", "{{@../stepId}}", "{{@email}}", "{{@root.stepId.@tileId}}"} {
		if _, err := Compile(source, Form, Options{}); err == nil {
			t.Errorf("%s is taken", source)
		}
	}
}

func TestStepVariablesAreExplained(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	for fact := range facts {
		if !strings.Contains(string(page), "| `{{@"+fact+"}}` |") {
			t.Errorf("docs/webhooks.md does not explain @%s", fact)
		}
	}
}
