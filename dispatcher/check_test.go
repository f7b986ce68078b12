package dispatcher_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/schema"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	d := &dispatcher.Dispatcher{}
	endpoint := func(e string) *schema.Webhook { return webhook("POST", e) }
	with := func(edit func(*schema.Webhook)) *schema.Webhook {
		return webhook("POST", "https://api.example.com", edit)
	}
	for name, c := range map[string]struct {
		hook *schema.Webhook
		want string
	}{
		"B7: an API key in the query":          {endpoint("https://x.example.com/?a=1&api_key={{k}}"), "endpoint: API keys are not accepted in the URL; send api_key as a header instead"},
		"C36: in other spelling":               {endpoint("https://x.example.com/?X-Api-Key=1"), "API keys are not accepted"},
		"C36: percent-encoded":                 {endpoint("https://x.example.com/?acc%65ss-token=1#f"), "API keys are not accepted"},
		"B7: userinfo":                         {endpoint("https://u:p@x.example.com/"), "endpoint: line 1, column 9: bad host"},
		"B4: not a URL":                        {endpoint("example.com"), "endpoint: line 1, column 1: the URL must start with https://"},
		"C18: plain http":                      {endpoint("http://x.example.com"), "endpoint: line 1, column 1: the URL must start with https://"},
		"C18: an expression in the host":       {endpoint("https://{{h}}.example.com"), "endpoint: line 1, column 9: the host part"},
		"C18: a plain http token URL":          {with(func(w *schema.Webhook) { oauth(w); w.Auth.TokenURL = "HTTP://a.example.com" }), "auth.tokenUrl: must start with https://"},
		"a header that does not compile":       {with(headers(header("X-A", "{{"))), "headers[0].value: line 1, column 1"},
		"a body that is not JSON":              {with(body(schema.Body{JSON: "{\n  \"a\" 1}"})), "body.json: line 2, column"},
		"a form value that does not compile":   {with(body(schema.Body{Type: schema.BodyURLEncoded, Form: []schema.Pair{{Name: "a", Value: "{{#if}}"}}})), "body.form[0].value: line 1"},
		"C11: user fields beside a list":       {with(body(schema.Body{JSON: "[1]", UserFields: []string{"a"}})), "body.userFields: can't be added"},
		"C11: email and workflowId beside one": {with(body(schema.Body{JSON: ` "x"`, IncludeEmailAndWorkflowID: true})), "body.includeEmailAndWorkflowId: can't be added"},
		"structure":                            {with(func(w *schema.Webhook) { w.Name = "" }), "name: is missing"},
	} {
		err := d.Check(c.hook)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want …%s…", name, err, c.want)
		}
	}
}

func TestCheckReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	w := webhook("HEAD", "https://x.example.com/?secret=1", headers(header("Host", "{{#each}}")))
	w.Name = ""
	err := (&dispatcher.Dispatcher{}).Check(w)
	for _, part := range []string{"name: ", "method: ", "headers[0].name: ", "headers[0].value: ", "endpoint: API keys"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s is missing in %v", part, err)
		}
	}
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	plain := &dispatcher.Dispatcher{AllowHTTP: true, KeyNames: []string{"token"}}
	for _, hook := range []*schema.Webhook{
		webhook("POST", "http://api.example.com/update?email={{#urlEncode}}{{email}}{{/urlEncode}}&secret=allowed+now"),
		webhook("POST", "https://api.example.com/{{a}}?keyword={{b}}&secrets=1#token=1"),
		webhook("GET", "https://{{tenant}}.example.com/", func(w *schema.Webhook) { w.AllowDynamicHost = true }),
	} {
		if err := plain.Check(hook); err != nil {
			t.Errorf("%s: %v", hook.Endpoint, err)
		}
	}
	if err := plain.Check(webhook("POST", "https://x.example.com/?To-Ken=1")); err != nil {
		t.Errorf("a name that only looks alike: %v", err)
	}
	if err := plain.Check(webhook("POST", "https://x.example.com/?TOKEN=1")); err == nil {
		t.Error("the operator's own list is not used")
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	if got := dispatcher.Warnings(webhook("GET", "http://x.example.com", body(schema.Body{JSON: "{}"}))); len(got) != 2 {
		t.Errorf("%v", got)
	}
	if got := dispatcher.Warnings(webhook("GET", "https://x.example.com")); got != nil {
		t.Errorf("%v", got)
	}
}
