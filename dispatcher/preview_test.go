package dispatcher_test

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/journeyhook/journeyhook/schema"
)

func TestPreviewShowsTheRequest(t *testing.T) {
	t.Parallel()
	w := webhook(http.MethodPost, "https://api.example.com/users/{{email}}",
		headers(header("X-Plan", "{{plan}}"), schema.Header{Name: "X-Api-Key", Value: schema.SecretValue("k3y"), Secret: true}),
		body(schema.Body{JSON: `{"city":"{{city}}","nick":"{{nickname}}","echo":"k3y"}`, UserFields: []string{"state"}}),
		func(w *schema.Webhook) {
			w.Auth = schema.Auth{Type: schema.AuthBasic, Token: schema.NewSecret("dXNlcjpwYXNz")}
		})
	got, refusal := newDispatcher(t).Preview(w, step("pat@example.com", `{"city":"Bern"}`, `{"color":"red"}`))
	if refusal != nil {
		t.Fatalf("refused: %+v", refusal)
	}
	if got.URL != "https://api.example.com/users/pat%40example.com" || got.Body != `{"city":"Bern","echo":"***","color":"red"}` {
		t.Errorf("got %s %s", got.URL, got.Body)
	}
	if got.Header.Get("Authorization") != "Basic ***" || got.Header.Get("X-Api-Key") != "***" {
		t.Errorf("a secret shows: %v", got.Header)
	}
	want := []schema.Missing{{Where: "header X-Plan", Fields: []string{"plan"}}, {Where: "body.json", Fields: []string{"nickname"}}, {Where: "body.userFields", Fields: []string{"state"}}}
	if !reflect.DeepEqual(got.Missing, want) {
		t.Errorf("missing: got %+v, want %+v", got.Missing, want)
	}
}

func TestPreviewSaysWhyThereIsNoRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hook *schema.Webhook
		step *schema.Step
		want schema.Reason
	}{
		"a path segment is missing":               {webhook(http.MethodPost, "https://api.example.com/{{nickname}}"), step("pat@example.com", "", ""), schema.ReasonRenderFailed},
		"a profile tile on a POST webhook":        {webhook(http.MethodPost, "https://api.example.com/"), profileTile(step("pat@example.com", "", "")), schema.ReasonInvalidWebhook},
		"the template asks not to send to a user": {webhook(http.MethodPost, "https://api.example.com/", headers(header("X-A", `{{skip "not wanted"}}`))), step("pat@example.com", "", ""), schema.ReasonSkipped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, refusal := newDispatcher(t).Preview(c.hook, c.step)
			if refusal == nil || refusal.Reason != c.want {
				t.Errorf("got %+v, want %s", refusal, c.want)
			}
		})
	}
}
