package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

const project = "acme"

// The webhooks that faults are made for by name.
const (
	hookSteady    = "steady"
	hookProfile   = "profile"
	hookOrders    = "orders"
	hookEdited    = "edited"
	hookPaused    = "paused"
	hookRecreated = "recreated"
)

// hooks are the webhooks, the paths of the endpoint that say how it behaves, and how many of a hundred
// steps are theirs.
var hooks = []struct {
	id, path string
	share    int
}{
	{hookSteady, "/hooks/steady", 40},
	{"slow", "/slow/300", 6},
	{"flaky", "/fail/1/flaky", 8},
	{"flakier", "/fail/2/flakier", 8},
	{"down", "/status/503", 2},
	{"broken", "/status/404", 4},
	{"reset", "/reset", 2},
	{"hang", "/hang", 1},
	{hookOrders, "/secured/orders", 8},
	{hookProfile, "/profile/endpoint", 6},
	{hookEdited, "/hooks/edited/0", 5},
	{hookPaused, "/hooks/paused", 5},
	{hookRecreated, "/hooks/recreated", 5},
}

// definition is a webhook as it is saved.
func definition(id, url, tokenURL string) *schema.Webhook {
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name, w.Method, w.Endpoint = project, id, id, "POST", url
	w.Retry.Delay = schema.Duration(retryDelay)
	switch id {
	case "hang":
		w.Timeout = schema.Duration(300 * time.Millisecond)
	case hookProfile:
		w.Method = "GET"
	case hookOrders:
		w.Auth = schema.Auth{Type: schema.AuthOAuth2, ClientID: "crm", ClientSecret: schema.NewSecret("s3cret"), TokenURL: tokenURL}
	}
	return w
}

// pick chooses a webhook for a number from 0 to 99.
func pick(n int) string {
	for _, h := range hooks {
		if n -= h.share; n < 0 {
			return h.id
		}
	}
	return hookSteady
}

// stepOf is the step with this number, as the producer publishes it.
func stepOf(n int, webhook string) schema.Step {
	s := schema.Step{
		ID: fmt.Sprintf("s%08d", n), ProjectID: project, WorkflowID: 12345, WebhookID: webhook,
		Tile:    schema.Tile{ID: "7", Type: schema.CallWebhook},
		User:    schema.User{Email: fmt.Sprintf("user%d@example.com", n), UserID: fmt.Sprint(n), Profile: json.RawMessage(`{"firstName":"Pat"}`)},
		Trigger: schema.Trigger{Type: "apiCall", DataFields: json.RawMessage(`{"promotionId":123}`)}, ReachedAt: time.Now().UTC(),
	}
	if webhook == hookProfile {
		s.Tile.Type = schema.UserProfile
	}
	return s
}
