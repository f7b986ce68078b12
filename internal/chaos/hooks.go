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
	hookFar       = "far" // its endpoint is behind a link of its own
	hookPatient   = "patient"
	hookLong      = "long" // its calls take longer than the ack wait, and than a shutdown
	hookLimited   = "limited"
)

// The limits of the limited webhook. They leave room for what piles up while NATS is away.
const (
	limitedRate  = 10
	limitedCalls = 4
)

// hooks are the webhooks, the paths of the endpoint that say how it behaves, and how many of a thousand
// steps are theirs.
var hooks = []struct {
	id, path string
	share    int
}{
	{hookSteady, "/hooks/steady", 319},
	{hookLong, "/slow/35000", 2},
	{"slow", "/slow/300", 60},
	{"flaky", "/fail/1/flaky", 80},
	{"flakier", "/fail/2/flakier", 80},
	{"down", "/status/503", 20},
	{"broken", "/status/404", 40},
	{"reset", "/reset", 10},
	{"half", "/half", 10},
	{hookPatient, "/fail/2/patient", 20},
	{hookFar, "/hooks/far", 40},
	{"hang", "/hang", 4}, // four attempts each, and a worker makes two a second
	{hookOrders, "/secured/orders", 80},
	{hookProfile, "/profile/endpoint", 60},
	{hookEdited, "/hooks/edited/0", 50},
	{hookPaused, "/hooks/paused", 50},
	{hookRecreated, "/hooks/recreated", 50},
	{hookLimited, "/slow/200", 15},
}

// definition is a webhook as it is saved.
func definition(id, url, tokenURL string) *schema.Webhook {
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name, w.Method, w.Endpoint = project, id, id, "POST", url
	w.Retry.Delay = schema.Duration(retryDelay)
	switch id {
	case "hang":
		w.Timeout = schema.Duration(2 * time.Second) // so that a call reaches the endpoint of a busy machine
	case hookProfile:
		w.Method = "GET"
	case hookLong:
		w.Timeout = schema.Duration(time.Minute)
	case hookLimited:
		w.Limits.Rate, w.Limits.Concurrency = limitedRate, limitedCalls
	case hookPatient:
		w.Retry.Delay = schema.Duration(patientDelay)
	case hookOrders:
		w.Auth = schema.Auth{Type: schema.AuthOAuth2, ClientID: "crm", ClientSecret: schema.NewSecret("s3cret"), TokenURL: tokenURL}
	}
	return w
}

// patientDelay makes two retries last longer than the duplicate window, and is the sum of several lanes.
const patientDelay = 32 * time.Second

// unhurried is how short a run may be to have steps that take a minute.
const unhurried = 40 * time.Second

// pick chooses a webhook for a number from 0 to 999.
func pick(n int, length time.Duration) string {
	for _, h := range hooks {
		if n -= h.share; n < 0 && (length >= unhurried || h.id != hookPatient && h.id != hookLong) {
			return h.id
		}
	}
	return hookSteady
}

// stepOf is the step with this number, as the producer publishes it.
func stepOf(n int, webhook string) schema.Step {
	s := schema.Step{
		ID: fmt.Sprintf("s%09d", n), ProjectID: project, WorkflowID: 12345, WebhookID: webhook,
		Tile:    schema.Tile{ID: "7", Type: schema.CallWebhook},
		User:    schema.User{Email: fmt.Sprintf("user%d@example.com", n), UserID: fmt.Sprint(n), Profile: json.RawMessage(`{"firstName":"Pat"}`)},
		Trigger: schema.Trigger{Type: "apiCall", DataFields: json.RawMessage(`{"promotionId":123}`)}, ReachedAt: time.Now().UTC(),
	}
	if webhook == hookProfile {
		s.Tile.Type = schema.UserProfile
	}
	return s
}
