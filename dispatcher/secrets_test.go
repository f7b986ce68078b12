package dispatcher_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/journeyhook/journeyhook/schema"
)

// C37: a secret header is hidden as it is sent, whatever its template says, and so are the credentials in it.
func TestSecretHeadersAreHiddenAsTheyAreSent(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t)
	for name, c := range map[string]struct{ header, value, echo, want string }{
		"with an expression":                 {"X-Api-Key", "tok-{{plan}}-9f8e7d", `no key tok-pro-9f8e7d`, `no key ***`},
		"the fixed part of it":               {"X-Api-Key", "{{plan}} 4eC39HqLyjWD", `4eC39HqLyjWD of another plan`, `*** of another plan`},
		"ordinary text in it is no secret":   {"X-Api-Key", "key of {{plan}}", `a key of ten`, `a key of ten`},
		"nothing but an expression":          {"X-Api-Key", `{{lower "SK_LIVE"}}`, `sk_live?`, `***?`},
		"a bearer token":                     {"Authorization", "Bearer sk_live_4eC39HqL", `{"error":"Invalid API key: sk_live_4eC39HqL"}`, `{"error":"Invalid API key: ***"}`},
		"a bearer token with an expression":  {"Authorization", "Bearer sk_live_{{plan}}", `sk_live_pro and Bearer sk_live_pro`, `*** and ***`},
		"a basic token":                      {"Authorization", "Basic dXNlcjpwYXNz", `user, pass or dXNlcjpwYXNz`, `user, *** or ***`},
		"a block that ends in a line break":  {"X-Api-Key", "sk_live_4eC39HqL\n", `bad sk_live_4eC39HqL!`, `bad ***!`},
		"a short block that ends in one":     {"X-Api-Key", "k3y\n", `bad k3y!`, `bad ***!`},
		"a block of two lines":               {"X-Api-Key", "sk_live\n4eC39HqL\n", `bad sk_live 4eC39HqL!`, `bad ***!`},
		"braces that are meant":              {"X-Api-Key", `sk_\{{live}}`, `bad sk_{{live}}`, `bad ***`},
		"a comment":                          {"X-Api-Key", `sk_{{! of May }}live`, `bad sk_live`, `bad ***`},
		"a comment with braces in it":        {"X-Api-Key", `sk_{{!-- {{old}} --}}live`, `bad sk_live`, `bad ***`},
		"net/http's other idempotency key":   {"X-Idempotency-Key", "sk_{{plan}}", `bad sk_pro`, `bad ***`},
		"a scheme's name alone is no secret": {"Authorization", "Bearer {{plan}}-4eC3", `a Bearer is missing`, `a Bearer is missing`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent string
			w := listen(t, func(rw http.ResponseWriter, r *http.Request) {
				sent = r.Header.Get(c.header)
				rw.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(rw, c.echo)
			})
			hook := webhook("POST", w.URL, headers(schema.Header{Name: c.header, Value: schema.SecretValue(c.value), Secret: true}),
				body(schema.Body{JSON: `{"echo":"sk_live_{{plan}} tok-{{plan}}-9f8e7d"}`}), func(w *schema.Webhook) { w.Log.Bodies = true })
			s := step("a@x.com", "", "")
			s.User.Profile = raw(`{"plan":"pro"}`)
			out := d.Dispatch(t.Context(), hook, s)
			if out.Call.Snippet != c.want {
				t.Errorf("the snippet: %q, want %q", out.Call.Snippet, c.want)
			}
			preview, refusal := d.Preview(hook, s)
			if refusal != nil || preview.Header.Get(c.header) != schema.Masked {
				t.Errorf("the preview shows %v, %+v", preview.Header, refusal)
			}
			for what, text := range map[string]string{"the preview": preview.Body, "the log": out.Call.RequestBody} {
				if _, credentials, _ := strings.Cut(sent, " "); strings.Contains(text, sent) || credentials != "" && strings.Contains(text, credentials) {
					t.Errorf("%s shows %q: %s", what, sent, text)
				}
			}
		})
	}
}
