package devstack

import (
	_ "embed"
	"encoding/json"
	"strings"
)

// samplesYAML are the dev mode's webhooks; ENDPOINT and TOKENS stand for the two servers' URLs.
//
//go:embed samples.yaml
var samplesYAML string

// SampleWebhooks are definitions that cover POST, PUT, GET for a profile tile, oauth2, a form, and an
// endpoint that fails first.
func SampleWebhooks(endpoint, tokens string) string {
	return strings.NewReplacer("ENDPOINT", endpoint, "TOKENS", tokens).Replace(samplesYAML)
}

// Sample is a step to send and what must come of it.
type Sample struct {
	Title    string
	Step     json.RawMessage
	URI      string // as the endpoint must see it; "" when nothing is called
	Body     string
	Outcome  string
	Reason   string
	Attempts int
}

// Samples are one step for each sample webhook, and one for a webhook that does not exist.
func Samples() []Sample {
	const trigger = `"trigger":{"type":"apiCall","dataFields":{"promotionId":123,"color":"red"}}`
	step := func(id, webhook, tile, email, rest string) json.RawMessage {
		return json.RawMessage(`{"id":"` + id + `","projectId":"demo","workflowId":12345,"tile":{"id":"7","type":"` + tile +
			`"},"webhookId":"` + webhook + `","user":{"email":"` + email + `","userId":"u_1","profile":` +
			`{"firstName":"Pat","lastName":"O'Brien","city":"San Francisco","state":"California"}},` + rest + `}`)
	}
	return []Sample{
		{"POST with the trigger's data, email and workflowId", step("post-1", "post", "callWebhook", "test.user@example.com", trigger),
			"/hooks/welcome", `{"promotionId":123,"color":"red","email":"test.user@example.com","workflowId":12345}`, "continue", "delivered", 1},
		{"PUT with two user fields and the trigger's data", step("put-1", "put", "callWebhook", "user@example.com", trigger),
			"/hooks/address", `{"city":"San Francisco","state":"California","promotionId":123,"color":"red"}`, "continue", "delivered", 1},
		{"GET for a user profile tile; the answer is saved to the profile", step("profile-1", "profile", "userProfile", "user@example.com", trigger),
			"/profile/endpoint?email=user@example.com", ``, "continue", "delivered", 1},
		{"oauth2: a token first, then the call", step("oauth-1", "oauth", "callWebhook", "user@example.com", trigger),
			"/secured/orders?city=San%20Francisco", `{"name":"Pat O'Brien","promotionId":123,"color":"red"}`, "continue", "delivered", 1},
		{"a form", step("form-1", "form", "callWebhook", "user@example.com", trigger),
			"/hooks/form", `firstName=Pat&lastName=O%27Brien&email=user%40example.com&workflowId=12345`, "continue", "delivered", 1},
		{"an endpoint that answers 503 twice, then 200", step("flaky-1", "flaky", "callWebhook", "user@example.com", trigger),
			"/fail/2/flaky", `{"promotionId":123,"color":"red"}`, "continue", "delivered", 3},
		{"an endpoint that answers 404: the user exits", step("broken-1", "broken", "callWebhook", "user@example.com", trigger),
			"/status/404", `{"promotionId":123,"color":"red"}`, "exit", "status", 1},
		{"a webhook that does not exist: the user exits, nothing is called", step("deleted-1", "deleted", "callWebhook", "user@example.com", trigger),
			"", "", "exit", "webhook_deleted", 0},
	}
}
