package console_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

// newDevWorld is a console as hookctl dev has it, and a worker beside it.
func newDevWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
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
	cfg.RedisURL, cfg.MaxInFlight, cfg.ShutdownGrace, cfg.NotificationWindow = "redis://"+redis.Addr()+"/0", 64, 2*time.Second, time.Second
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

var screens = []screen{{390, "light"}, {390, "dark"}, {1280, "light"}, {1280, "dark"}}

// Somebody who has never seen the console creates a webhook, tries it, sends a step, breaks the endpoint and
// finds out why users exited.
func TestFirstUse(t *testing.T) {
	t.Parallel()
	w := newDevWorld(t)
	for _, s := range screens {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			p := newTab(t, w.base, s)
			project := "shop-" + s.String()
			p.open("/")
			p.fillIn(`//input[@name="project"]`, project)
			p.leave("Create its first webhook", "New webhook")
			p.check("form-empty")
			p.fill("Name", "Welcome CRM")
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
			p.check("form-preview")
			p.click("Send test")
			p.see("The user would continue", "First byte")
			p.check("form-test")
			p.leave("Create webhook", "Created.")
			p.check("details-new")
			p.leave("Send as a step", "The user continued")
			p.check("step-continued")
			p.leave("welcome-crm", "Revision")
			p.see("continued")
			p.leave("Edit", "Save")
			p.fill("Endpoint", w.endpoint.URL+"/status/404")
			p.leave("Save", "Saved.")
			p.leave("Send as a step", "The user exited")
			p.see("The endpoint refused it", "Look at the answer")
			p.check("step-exited")
			p.leave("Notifications", "Users exit at this webhook")
			p.check("notifications")
			p.leave("Acknowledge: Users exit at this webhook, welcome-crm", "All quiet")
			p.leave("Webhooks", "New webhook")
			p.see("1 exit")
			p.check("list-failing")
			p.leave("Welcome CRM", "Attempts")
			p.check("details")
			p.open("/catcher?project=" + project)
			p.see("/crm/u_1")
			p.check("catcher")
			p.open("/projects/" + project + "/changes")
			p.see("create", "update", "acknowledge")
			p.check("changes")
			if strings.Contains(p.html(), canary) {
				t.Error("the secret came back")
			}
		})
	}
}
