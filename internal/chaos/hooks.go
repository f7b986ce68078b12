package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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
	hookFar       = "far"     // its endpoint is behind a link of its own
	hookPatient   = "patient" // its waits go through several lanes
	hookLong      = "long"    // its calls take longer than the ack wait, and than a shutdown
	hookLimited   = "limited"
	hookCuts      = "h2-cuts" // over HTTP/2; some handshakes are cut
)

// The limits of the limited webhook. They leave room for what piles up while NATS is away.
const (
	limitedRate  = 10
	limitedCalls = 4
)

// hook is a webhook, the path of the endpoint that says how it behaves, and how many of a thousand steps are its.
type hook struct {
	id, path string
	share    int
}

var hooks = []hook{
	{hookSteady, "/hooks/steady", 219},
	{hookLong, "/slow/32000", 2},
	{"slow", "/slow/300", 60},
	{"flaky", "/fail/1/flaky", 80},
	{"flakier", "/fail/2/flakier", 80},
	{"down", "/status/503", 20},
	{"broken", "/status/404", 40},
	{"reset", "/reset", 10},
	{"half", "/half", 10},
	{"cut", "/cut", 10},
	{hookPatient, "/fail/2/patient", 20},
	{hookFar, "/hooks/far", 40},
	{"hang", "/hang", 4}, // four attempts each, and a worker makes two a second
	{hookOrders, "/secured/orders", 80},
	{hookProfile, "/profile/endpoint", 60},
	{hookEdited, "/fail/1/edited/0", 50},
	{hookPaused, "/hooks/paused", 50},
	{hookRecreated, "/fail/1/recreated", 50},
	{hookLimited, "/slow/200", 15},
	{"h2-steady", "/steady", 20},
	{"h2-reset", "/h2/reset", 20},
	{"h2-refuse", "/h2/refuse", 20},
	{"h2-refuse-all", "/h2/refuse-all", 5},
	{"h2-drain", "/h2/drain", 20},
	{hookCuts, "/cuts", 15},
}

// overHTTP2 reports whether a webhook's endpoint is the unruly one.
func overHTTP2(webhook string) bool { return strings.HasPrefix(webhook, "h2-") }

func pathOf(id string) string {
	return hooks[slices.IndexFunc(hooks, func(h hook) bool { return h.id == id })].path
}

// definition is a webhook as it is saved.
func (o options) definition(id, url, tokenURL string) *schema.Webhook {
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name, w.Method, w.Endpoint = project, id, id, "POST", url
	w.Retry.Delay, w.Timeout = schema.Duration(o.delay(id)), schema.Duration(o.timeout(id))
	switch id {
	case hookProfile, "h2-refuse":
		w.Method = "GET"
	case "h2-drain":
		w.Method = "DELETE"
	case hookLimited:
		w.Limits.Rate, w.Limits.Concurrency = limitedRate, limitedCalls
	case hookOrders:
		w.Auth = schema.Auth{Type: schema.AuthOAuth2, ClientID: "crm", ClientSecret: schema.NewSecret("s3cret"), TokenURL: tokenURL}
	}
	return w
}

// unhurried is how long a run must be for steps that take a minute to come all the time. In a shorter one they come
// at its beginning only, so that it need not wait for the last of them.
const (
	unhurried = 40 * time.Second
	beginning = 10 * time.Second
)

func (o options) short() bool { return o.length < unhurried }

// delay is how long a webhook's retries wait. The patient one's is the sum of several lanes; two of them last longer
// than the duplicate window in all but short runs.
func (o options) delay(webhook string) time.Duration {
	switch {
	case webhook != hookPatient:
		return time.Second
	case o.short():
		return 12 * time.Second
	}
	return 32 * time.Second
}

// timeout is how long a webhook's calls may take.
func (o options) timeout(webhook string) time.Duration {
	switch webhook {
	case "hang":
		return 2 * time.Second // so that a call reaches the endpoint of a busy machine
	case hookLong:
		return time.Minute
	}
	return 10 * time.Second
}

// hooks are the webhooks of the run. A short one has the long calls with one server only: a call that is cut begins anew.
func (o options) hooks() []hook {
	return slices.DeleteFunc(slices.Clone(hooks), func(h hook) bool { return h.id == hookLong && o.short() && o.nodes > 1 })
}

// pick chooses the nth step's webhook for a number from 0 to 999. The first steps are one for each webhook.
func (o options) pick(n, roll int) string {
	some := o.hooks()
	if n < len(some) {
		return some[n].id
	}
	late := o.short() && n > o.rate*int(beginning/time.Second)
	for _, h := range some {
		if roll -= h.share; roll < 0 && !(late && (h.id == hookPatient || h.id == hookLong)) {
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
