package webhooks

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/journeyhook/journeyhook/schema"
)

const presetHead = "project: acme\nid: a\nname: A\n"

func TestPresets(t *testing.T) { // B2
	t.Parallel()
	for destination, tc := range map[string]struct {
		brings   string // what the author writes beside names and destination
		endpoint string
		body     schema.BodyType
		success  string            // every status that the service answers when it took the call
		refused  map[string]string // a fault by what is written instead
	}{
		"inkit": {
			brings:   `body: {json: '{"api_token": "k", "template_id": "t", "first_name": "{{firstName}}", "address_line_1": "{{street}}", "address_city": "{{city}}", "address_state": "{{state}}", "address_zip": "{{zip}}"}'}`,
			endpoint: "https://internal.inkit.io/integrations/webhook", body: schema.BodyJSON, success: "200 201 202",
			refused: map[string]string{"": "body: inkit needs api_token in the body"},
		},
		"lob": {
			brings:   "auth: {token: dGVzdDo=}\nbody: {json: '{\"to\": \"{{lobAddress}}\", \"front\": \"tmpl_1\", \"back\": \"tmpl_2\", \"use_type\": \"marketing\"}'}",
			endpoint: "https://api.lob.com/v1/postcards", body: schema.BodyJSON, success: "200",
			refused: map[string]string{
				"body: {userFields: [to]}":                          "auth.token: is missing",
				"auth: {token: x}":                                  "body: lob needs to in the body",
				"auth: {token: x}\nbody: {userFields: [to, front]}": "body: lob needs back in the body",
				"endpoint: https://api.lob.com/v1/letters\nauth: {token: x}\nbody: {userFields: [to, from]}":                 "body: lob needs file in the body",
				"auth: {token: x}\nbody: {userFields: [to, front, back]}":                                                    "body: lob needs use_type in the body",
				"endpoint: https://api.lob.com/v1/letters\nauth: {token: x}\nbody: {userFields: [to, from, file, use_type]}": "body: lob needs color in the body",
				"auth: {type: none}": "auth.type: lob needs basic: the token is the base64 form of your API key and a colon",
			},
		},
		"segment": {
			brings:   "auth: {token: dGVzdDo=}\nbody: {json: '{\"userId\": \"{{userId}}\", \"event\": \"Reached\"}'}",
			endpoint: "https://api.segment.io/v1/track", body: schema.BodyJSON, success: "200",
			refused: map[string]string{
				"auth: {token: x}": "body: segment needs userId or anonymousId in the body",
				"auth: {token: x}\nbody: {userFields: [userId]}":                                                     "body: segment needs event in the body",
				"endpoint: https://api.segment.io/v1/group\nauth: {token: x}\nbody: {userFields: [userId, groupid]}": "body: segment needs groupId in the body",
			},
		},
		"twilio": {
			brings:   "endpoint: https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json\nauth: {token: dGVzdDo=}\nbody: {form: [{name: To, value: '{{phone}}'}, {name: From, value: '+15550100'}, {name: Body, value: Hi}]}",
			endpoint: "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json", body: schema.BodyURLEncoded, success: "201",
			refused: map[string]string{
				"auth: {token: x}":                          "endpoint: is missing",
				"endpoint: https://api.twilio.com/v2/Calls": "endpoint: twilio is called at a URL like https://api.twilio.com/2010-04-01/Accounts/",
				"endpoint: https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json\nbody: {form: [{name: To, value: '{{p}}'}]}": "body: twilio needs From or MessagingServiceSid in the body",
				"endpoint: https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json\nbody: {form: [{name: To, value: '{{p}}'}]}":    "body: twilio needs Url or Twiml or ApplicationSid in the body",
			},
		},
		"delighted": {
			brings:   "auth: {token: dGVzdDo=}",
			endpoint: "https://api.delighted.com/v1/people.json", body: schema.BodyJSON, success: "200 201 202",
			refused: map[string]string{"": "auth.token: is missing", "body: {includeEmailAndWorkflowId: false}": "body: delighted needs email or phone_number"},
		},
		"amplitude": {
			brings:   `body: {json: '{"api_key": "k", "events": [{"user_id": "{{userId}}", "event_type": "Reached"}]}'}`,
			endpoint: "https://api2.amplitude.com/2/httpapi", body: schema.BodyJSON, success: "200",
			refused: map[string]string{"": "body: amplitude needs events in the body"},
		},
		"zapier": {
			brings:   "endpoint: https://hooks.zapier.com/hooks/catch/1/a/",
			endpoint: "https://hooks.zapier.com/hooks/catch/1/a/", body: schema.BodyJSON, success: "200",
			refused: map[string]string{"": "endpoint: is missing", "endpoint: https://example.com/": "endpoint: zapier is called at"},
		},
		"slack": {
			brings:   "endpoint: https://hooks.slack.com/services/T/B/x\nbody: {json: '{\"text\": \"{{firstName}} is here\"}'}",
			endpoint: "https://hooks.slack.com/services/T/B/x", body: schema.BodyJSON, success: "200",
			refused: map[string]string{"": "body: slack needs text or blocks", "endpoint: https://hooks.slack.com/services/T/B/x": "body: slack needs text or blocks"},
		},
	} {
		t.Run(destination, func(t *testing.T) {
			t.Parallel()
			head := presetHead + "destination: " + destination + "\n"
			all, err := Parse("x.yaml", []byte(head+tc.brings), nil)
			if err != nil {
				t.Fatal(err)
			}
			w := all[0]
			if w.Destination != destination || w.Method != "POST" || w.Endpoint != tc.endpoint || w.Body.Type != tc.body || strings.Trim(fmt.Sprint(w.Success), "[]") != tc.success {
				t.Errorf("%s", jsonOf(t, w))
			}
			for written, fault := range tc.refused {
				_, err := Parse("x.yaml", []byte(head+written), nil)
				if err == nil || !strings.Contains(err.Error(), ": "+fault) {
					t.Errorf("with %q: %v\nwant %s", written, err, fault)
				}
			}
		})
	}
}

// A service's other addresses need other things, or nothing in particular.
func TestPresetsAtOtherAddresses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a trigger of a Slack workflow":   "destination: slack\nendpoint: https://hooks.slack.com/triggers/T/1/x\nbody: {json: '{\"who\": \"{{firstName}}\"}'}",
		"a letter of Lob":                 "destination: lob\nendpoint: https://api.lob.com/v1/letters\nauth: {token: x}\nbody: {userFields: [to, from, file], json: '{\"color\": true, \"use_type\": \"operational\"}'}",
		"a call of Twilio":                "destination: twilio\nendpoint: https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json\nauth: {token: x}\nbody: {form: [{name: To, value: '1'}, {name: From, value: '2'}, {name: Twiml, value: '<Response/>'}]}",
		"users of Segment, in Europe":     "destination: segment\nendpoint: https://events.eu1.segmentapis.com/v1/identify\nauth: {token: x}\nbody: {userFields: [userId]}",
		"another endpoint of Delighted's": "destination: delighted\nendpoint: https://api.delighted.com/v1/unsubscribes.json\nauth: {token: x}\nbody: {includeEmailAndWorkflowId: false, json: '{\"person_email\": \"{{email}}\"}'}",
	} {
		if _, err := Parse("x.yaml", []byte(presetHead+text), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryDestinationHasAPreset(t *testing.T) {
	t.Parallel()
	presets, err := loadPresets()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range schema.Destinations {
		if p, ok := presets[name]; name != "custom" && (!ok || !strings.HasPrefix(p.Docs, "https://")) {
			t.Errorf("%s has no preset that says where its API is described", name)
		}
		if w := New(name); w.Destination != name {
			t.Errorf("New(%q) is a definition for %s", name, w.Destination)
		}
	}
}

// The documentation's table says what the files say.
func TestDestinationsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "docs", "webhooks.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range schema.Destinations[1:] { // custom has nothing to tell
		g := Guide(name)
		names := make([]string, len(g.Body))
		for i, one := range g.Body {
			names[i] = "`" + strings.Join(one, "` or `") + "`"
		}
		success := strings.ReplaceAll(strings.Trim(fmt.Sprint(New(name).Success), "[]"), " ", ", ")
		row := fmt.Sprintf("| [%s](%s) | %s | %s | %s |\n", name, g.Docs, cmp.Or(string(g.Auth), "–"), cmp.Or(strings.Join(names, ", "), "–"), success)
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/webhooks.md lacks\n%s", row)
		}
	}
}

func TestTheFileOverridesThePreset(t *testing.T) {
	t.Parallel()
	all, err := Parse("x.yaml", []byte(presetHead+"destination: zapier\nmethod: PUT\nsuccess: [2xx]\nendpoint: https://hooks.zapier.com/hooks/catch/1/a/\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if w := all[0]; w.Method != "PUT" || len(w.Success) != 1 || !w.Success.Match(204) {
		t.Errorf("%s", jsonOf(t, w))
	}
}
