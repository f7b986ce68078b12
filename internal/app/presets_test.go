package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// Each destination's definition, with no more than its author must bring, makes the request that its service
// describes (B2).
func TestPresetsRender(t *testing.T) {
	t.Parallel()
	const json, form = "application/json", "application/x-www-form-urlencoded"
	cases := map[string]struct {
		brings          string
		url, kind, body string
		authorization   string
	}{
		"custom": {
			brings: "method: POST\nendpoint: https://api.example.com/{{userId}}",
			url:    "https://api.example.com/u_1", kind: json, body: `{"promotionId":123}`,
		},
		"inkit": {
			brings: `body: {json: '{"api_token":"k","template_id":"t","first_name":"{{firstName}}","address_line_1":"{{street}}","address_city":"{{city}}","address_state":"{{state}}","address_zip":"{{zip}}"}'}`,
			url:    "https://internal.inkit.io/integrations/webhook", kind: json,
			body: `{"api_token":"k","template_id":"t","first_name":"Pat","address_line_1":"1 Main St","address_city":"Boston","address_state":"MA","address_zip":"02139","promotionId":123}`,
		},
		"lob": {
			brings: "auth: {token: dGVzdDo=}\nbody: {json: '{\"to\":{\"name\":\"{{firstName}}\",\"address_line1\":\"{{street}}\",\"address_zip\":\"{{zip}}\"},\"front\":\"tmpl_1\",\"back\":\"tmpl_2\",\"use_type\":\"marketing\"}'}",
			url:    "https://api.lob.com/v1/postcards", kind: json, authorization: "Basic ***",
			body: `{"to":{"name":"Pat","address_line1":"1 Main St","address_zip":"02139"},"front":"tmpl_1","back":"tmpl_2","use_type":"marketing"}`,
		},
		"segment": {
			brings: "auth: {token: a2V5Og==}\nbody: {json: '{\"userId\":\"{{userId}}\",\"event\":\"Reached\",\"properties\":{\"promotion\":{{promotionId}}}}'}",
			url:    "https://api.segment.io/v1/track", kind: json, authorization: "Basic ***",
			body: `{"userId":"u_1","event":"Reached","properties":{"promotion":123}}`,
		},
		"twilio": {
			brings: "endpoint: https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json\nauth: {token: QUMxOng=}\nbody: {form: [{name: To, value: '{{phone}}'}, {name: From, value: '+15550100'}, {name: Body, value: 'Hi {{firstName}}'}]}",
			url:    "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json", kind: form, authorization: "Basic ***",
			body: "To=%2B15550123&From=%2B15550100&Body=Hi+Pat",
		},
		"delighted": {
			brings: "auth: {token: a2V5Og==}",
			url:    "https://api.delighted.com/v1/people.json", kind: json, authorization: "Basic ***",
			body: `{"email":"pat@example.com","workflowId":12345}`,
		},
		"amplitude": {
			brings: `body: {json: '{"api_key":"k","events":[{"user_id":"{{userId}}","event_type":"Reached","insert_id":"{{promotionId}}"}]}'}`,
			url:    "https://api2.amplitude.com/2/httpapi", kind: json,
			body: `{"api_key":"k","events":[{"user_id":"u_1","event_type":"Reached","insert_id":"123"}]}`,
		},
		"zapier": {
			brings: "endpoint: https://hooks.zapier.com/hooks/catch/1/a/\nbody: {userFields: [firstName]}",
			url:    "https://hooks.zapier.com/hooks/catch/1/a/", kind: json, body: `{"firstName":"Pat","promotionId":123}`,
		},
		"slack": {
			brings: "endpoint: https://hooks.slack.com/services/T/B/x\nbody: {json: '{\"text\":\"{{firstName}} is here\"}'}",
			url:    "https://hooks.slack.com/services/T/B/x", kind: json, body: `{"text":"Pat is here"}`,
		},
	}
	for _, destination := range schema.Destinations {
		t.Run(destination, func(t *testing.T) {
			t.Parallel()
			c := cases[destination]
			d := &dispatcher.Dispatcher{}
			text := "project: acme\nid: a\nname: A\ndestination: " + destination + "\n" + c.brings
			all, err := webhooks.Parse("x.yaml", []byte(text), d.Check)
			if err != nil {
				t.Fatal(err)
			}
			s := step("s1", "a")
			s.User.Profile = []byte(`{"firstName":"Pat","street":"1 Main St","city":"Boston","state":"MA","zip":"02139","phone":"+15550123"}`)
			p, refusal := d.Preview(all[0], &s)
			if refusal != nil {
				t.Fatalf("there is no call: %+v", refusal)
			}
			got := []string{p.Method, p.URL, p.Header.Get("Content-Type"), p.Header.Get("Authorization"), p.Body}
			if diff := cmp.Diff([]string{"POST", c.url, c.kind, c.authorization, c.body}, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if len(p.Missing) > 0 || strings.Contains(p.Body, schema.Masked) {
				t.Errorf("the request is not whole: %+v", p)
			}
		})
	}
}

// What people are given to begin with is a body that its service takes, once they have filled in what only they know, and tells the
// service which step it is of (C52).
func TestSamplesRender(t *testing.T) {
	t.Parallel()
	for destination, want := range map[string]string{
		"amplitude": `{"api_key":"","events":[{"user_id":"u_1","event_type":"Reached a journey tile","time":1795435200000,"insert_id":"s1","event_properties":{"workflow":12345,"tile":"7"}}]}`,
		"segment":   `{"userId":"u_1","event":"Reached a journey tile","messageId":"s1","timestamp":"2026-11-23T12:00:00Z","properties":{"workflow":12345,"tile":"7"}}`,
		"lob":       `{"to":{"name":"Pat O'Brien","address_line1":"1 Main St","address_city":"Boston","address_state":"MA","address_zip":"02139"},"front":"tmpl_","back":"tmpl_","use_type":"marketing","metadata":{"step":"s1"}}`,
		"inkit":     `{"api_token":"","template_id":"","first_name":"Pat","last_name":"O'Brien","address_line_1":"1 Main St","address_city":"Boston","address_state":"MA","address_zip":"02139","promotionId":123}`,
		"slack":     `{"text":"Pat reached tile 7 of journey 12345"}`,
	} {
		g := webhooks.Guide(destination)
		text := "project: acme\nid: a\nname: A\ndestination: " + destination + "\nendpoint: " + g.Example + "\n"
		if g.Auth != "" {
			text += "auth: {token: dGVzdDo=}\n"
		}
		text += "body:\n  json: |\n    " + strings.ReplaceAll(g.Sample, "\n", "\n    ") + "\n"
		d := &dispatcher.Dispatcher{}
		all, err := webhooks.Parse("x.yaml", []byte(text), d.Check)
		if err != nil {
			t.Errorf("%s: %v", destination, err)
			continue
		}
		s := step("s1", "a")
		s.ReachedAt = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		s.User.Profile = []byte(`{"firstName":"Pat","lastName":"O'Brien","street":"1 Main St","city":"Boston","state":"MA","zip":"02139"}`)
		p, refusal := d.Preview(all[0], &s)
		if refusal != nil || len(p.Missing) > 0 || p.Body != want {
			t.Errorf("%s: %s, want %s; missing %v, %v", destination, p.Body, want, p.Missing, refusal)
		}
	}
	for _, destination := range schema.Destinations {
		if g := webhooks.Guide(destination); (g.Sample == "") != (len(g.Body) == 0 || webhooks.New(destination).Body.Type == schema.BodyURLEncoded || destination == "delighted") {
			t.Errorf("%s: sample %q", destination, g.Sample)
		}
	}
}
