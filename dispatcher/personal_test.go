package dispatcher_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/journeyhook/journeyhook/schema"
)

// C37: what the templates made of the user's data is hidden like the data itself.
func TestAnAnswerShowsNothingOfTheUserHoweverItWasWritten(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t)
	const profile = `{"phone":"+1-415-555-0100","firstName":"Pat","lastName":"Smith"}`
	form := func(pairs ...schema.Pair) func(*schema.Webhook) {
		return body(schema.Body{Type: schema.BodyURLEncoded, Form: pairs, IncludeEmailAndWorkflowID: true})
	}
	for name, c := range map[string]struct {
		path         string
		edit         func(*schema.Webhook)
		answer, want string
	}{
		"in lower case, in the body":      {"/", body(schema.Body{JSON: `{"email":"{{lower email}}"}`}), `{"error":"pat.smith@example.com already exists"}`, `{"error":"… already exists"}`},
		"in another case by the endpoint": {"/", noTriggerData, `PAT.SMITH@EXAMPLE.COM and pat%2Esmith%40Example.com`, `… and …`},
		"cut by a helper":                 {"/", body(schema.Body{JSON: `{"to":["{{cut phone "-"}}"]}`}), `no number: +14155550100`, `no number: …`},
		"in a form":                       {"/", form(schema.Pair{Name: "to", Value: `{{cut phone "-"}}`}), `no number: +14155550100`, `no number: …`},
		"in the query":                    {`/?to={{cut phone "-"}}`, noTriggerData, `no number: +14155550100`, `no number: …`},
		"in the path":                     {`/users/{{cut phone "-"}}/edit`, noTriggerData, `no users: +14155550100`, `no users: …`},
		"in a header":                     {"/", headers(header("X-To", `to {{cut phone "-"}}`)), `no number to +14155550100`, `no number …`},
		"what the webhook spells out is nobody's": {
			"/items/large?format=json", body(schema.Body{JSON: `{"kind":"contact","name":"{{upper lastName}}"}`}), `contact of items/large in json in workflow 12345 for SMITH`, `contact of items/large in json in workflow 12345 for …`,
		},
		"nor is what a form spells out": {"/", form(schema.Pair{Name: "kind", Value: "contact"}), `contact in workflow 12345`, `contact in workflow 12345`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := listen(t, func(rw http.ResponseWriter, _ *http.Request) {
				rw.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(rw, c.answer)
			})
			out := d.Dispatch(t.Context(), webhook("POST", w.URL+c.path, c.edit), step("Pat.Smith@Example.com", profile, ""))
			expect(t, out, schema.Refused, schema.ReasonStatus, 400)
			if out.Call.Snippet != c.want {
				t.Errorf("%q, want %q", out.Call.Snippet, c.want)
			}
		})
	}
}
