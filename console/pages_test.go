package console_test

import (
	"context"
	"html"
	"net"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/internal/raced"
	"github.com/journeyhook/journeyhook/schema"
)

// newDevWorld is a console as hookctl dev has it, and a worker beside it.
func newDevWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	w.srv.spoilt = true // by the worker's consumers
	redis, err := devstack.StartRedis()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Close)
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := w.config
	cfg.Provision, cfg.RedisURL, cfg.MaxInFlight, cfg.ShutdownGrace, cfg.NotificationWindow = true, "redis://"+redis.Addr()+"/0", 64, 2*time.Second, time.Second
	worker := &app.Worker{Config: cfg, Log: zerolog.New(w.logs), Admin: admin}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- worker.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("worker: %v", err)
		}
	})
	for deadline := time.Now().Add(15 * time.Second); app.Probe(context.Background(), admin.Addr().String()) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the worker was not ready: %s", w.logs)
		}
	}
	return w
}

// screens are each width and each scheme; without the race detector, under which a walk takes a minute, each of both.
func screens() []screen {
	some := []screen{{390, "dark"}, {1280, "light"}}
	if raced.On() {
		return some
	}
	return append(some, screen{390, "light"}, screen{1280, "dark"})
}

// Somebody who has never seen the console creates a webhook, tries it, sends a step, breaks the endpoint and
// finds out why users exited.
func TestFirstUse(t *testing.T) {
	t.Parallel()
	w := newDevWorld(t)
	for _, s := range screens() {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			p := newTab(t, w.base, s)
			project := "shop-" + s.String()
			p.open("/")
			p.fillIn(`//input[@name="project"]`, project)
			p.leave("Create its first webhook", "New webhook")
			p.check("form-empty")
			p.fill("Name", "Welcome CRM")
			p.click("Use it")
			if at := p.value(labelled("Endpoint")); at != w.endpoint.URL+"/any/path" {
				t.Errorf("the catcher is at %s", at)
			}
			p.fill("Endpoint", w.endpoint.URL+"/crm/{{userId}}?city={{city}}")
			p.click("Add header")
			p.fill("Header name", "X-Api-Key")
			p.click("Secret")
			p.fill("Header value", canary+"-typed")
			p.fill("JSON", "{\n  \"name\": \"{{firstName}\"\n}")
			p.see("line 2, column 12")
			p.check("form-fault")
			p.fill("JSON", "{\"name\": \"{{firstName}}\", \"plan\": \"{{plan}}\"}")
			p.gone("line 2, column 12")
			p.see("/crm/u_1?city=San%20Francisco", "X-Api-Key: ***", `"name": "Pat"`, "Left out")
			p.click("Add user field")
			p.fill("User field", "lastName")
			p.see(`"lastName": "O'Brien"`)
			p.check("form-preview")
			p.click("Send test")
			p.see("The user would continue", "First byte")
			p.check("form-test")
			p.leave("Create webhook", "Created.")
			p.see("User fields: lastName", "No tile is known to use it")
			p.check("details-new")
			p.leave("Send as a step", "The user continued")
			p.check("step-continued")
			p.leave("welcome-crm", "Revision")
			p.see("continued")
			p.leave("Edit", "Save")
			p.do(chromedp.SendKeys(`//*[@id="method"]`, "PUT"))
			p.fill("Endpoint", w.endpoint.URL+"/status/404")
			p.leave("Save", "Saved.")
			p.click("2 fields differ")
			p.see("endpoint", "method", "POST PUT")
			p.leave("Send as a step", "The user exited")
			p.see("The endpoint answered with an error", "Look at the answer")
			p.check("step-exited")
			p.leave("pat@example.com", "2 steps of pat@example.com")
			p.check("steps-user")
			p.leave("Notifications", "Users exit at this webhook")
			p.check("notifications")
			p.leave("Acknowledge: Users exit at this webhook, welcome-crm", "All quiet")
			p.leave("Webhooks", "New webhook")
			p.see("1 exit")
			p.check("list-failing")
			p.leave("1 exit", "The endpoint answered with an error")
			p.gone("continued")
			p.leave("all", "continued")
			p.see("Journey 12345, tile 7")
			p.check("details")
			p.open("/catcher?project=" + project)
			p.see("/crm/u_1")
			p.check("catcher")
			p.open("/projects/" + project + "/changes")
			p.see("create", "update", "acknowledge")
			p.check("changes")
			if strings.Contains(p.html()+w.logs.String(), canary) {
				t.Error("the secret came back")
			}
		})
	}
}

// What leads to a step or a user finds it, whatever stands in its id or address.
func TestLinksToStepsAndUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const step, email = "shop:2026.11-1", "pat+new&old@example.com"
	now := time.Now().UTC()
	w.publish(w.names.ResultSubject("acme", 7, schema.Exit), schema.Result{StepID: step, ProjectID: "acme", WorkflowID: 7, TileID: "1", WebhookID: "crm",
		User: schema.Person{Email: email}, Outcome: schema.Exit, Reason: schema.ReasonStatus, Status: 404, Attempts: 1, FinishedAt: now})
	w.publish(w.names.AttemptSubject("acme", "crm"), schema.Attempt{StepID: step, ProjectID: "acme", WebhookID: "crm", Attempt: 1, Method: "POST", URL: "https://x/", Status: 404, Reason: schema.ReasonStatus, Next: schema.NextExit, At: now})
	w.publish(w.names.NotificationSubject("acme"), schema.Notification{ProjectID: "acme", WebhookID: "crm", Kind: schema.KindWebhookFailing, Reason: schema.ReasonStatus, Count: 1, FirstAt: now, LastAt: now, Sample: schema.Sample{StepID: step}})
	w.create("crm")
	for path, want := range map[string][]string{
		"/projects/acme/steps":                             {step, email},
		"/projects/acme/steps?q=" + url.QueryEscape(email): {step, email},
		"/projects/acme/steps?q=" + url.QueryEscape(step):  {email},
		"/projects/acme/notifications":                     {step},
		"/projects/acme/webhooks/crm":                      {step},
	} {
		found := map[string]bool{}
		for _, m := range regexp.MustCompile(`href="[^"]*\?q=([^"]*)"`).FindAllStringSubmatch(w.want(200, w.call("GET", path, "")).body, -1) {
			text, err := url.QueryUnescape(html.UnescapeString(m[1]))
			if err != nil {
				t.Fatal(err)
			}
			found[text] = true
		}
		for _, one := range want {
			if !found[one] {
				t.Errorf("%s does not lead to %s, but to %v", path, one, found)
			}
		}
	}
}

// A viewer sees everything and is offered nothing to change; whoever is not logged in is asked to.
func TestPagesByRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("crm")
	const project, at = "/projects/acme", "/projects/acme/webhooks/crm"
	for path, c := range map[string]struct {
		method         string
		viewer, editor int
	}{
		"/": {"GET", 200, 200}, project: {"GET", 200, 200}, at: {"GET", 200, 200}, project + "/steps": {"GET", 200, 200}, project + "/notifications": {"GET", 200, 200},
		project + "/new": {"GET", 403, 200}, at + "/edit": {"GET", 403, 200}, at + "/copy": {"GET", 403, 200}, project + "/delete?id=crm": {"GET", 403, 200},
		project + "/changes": {"GET", 403, 403}, "/catcher": {"GET", 403, 403},
		at + "/state": {"POST", 403, 303}, at + "/rollback": {"POST", 403, 400}, project + "/delete": {"POST", 403, 400}, project + "/notifications/x": {"POST", 403, 400},
		"/projects/acme/webhooks/nobody": {"GET", 404, 404}, "/projects/acme/webhooks/no%20id": {"GET", 404, 404}, project + "?sort=nothing": {"GET", 422, 422},
	} {
		for role, want := range map[console.Role]int{console.Viewer: c.viewer, console.Editor: c.editor} {
			a := w.call(c.method, path, "", "Authorization", "Bearer "+w.tokens[role])
			if a.status != want {
				t.Errorf("%s %s as %s: status %d, want %d", c.method, path, role, a.status, want)
			}
			if want != 303 && !strings.Contains(a.body, "<h1>") {
				t.Errorf("%s %s as %s is no page: %s", c.method, path, role, a.body)
			}
			if role == console.Viewer && (strings.Contains(a.body, `method="post"`) && !strings.Contains(a.body, `value="preview"`) || strings.Contains(a.body, "New webhook")) {
				t.Errorf("%s offers a viewer to change something", path)
			}
		}
		if a := w.call(c.method, path, "", "Authorization", ""); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/login") {
			t.Errorf("%s without a token: status %d", path, a.status)
		}
	}
	form := []string{"Content-Type", "application/x-www-form-urlencoded", "Authorization", "Bearer " + w.tokens[console.Viewer]}
	w.want(200, w.call("POST", at+"/try", "do=preview&sample=%7B%22user%22%3A%7B%22email%22%3A%22a%40b.c%22%7D%7D", form...))
	w.want(403, w.call("POST", at+"/try", "do=test", form...))
	w.want(403, w.call("POST", at+"/state", "state=paused", append(form[:2:2], "Sec-Fetch-Site", "cross-site")...))
}
