package console_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

// Whoever looks after many webhooks finds, copies, pauses, restores and deletes them.
func TestManaging(t *testing.T) {
	t.Parallel()
	w := newDevWorld(t)
	for _, s := range screens() {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			project := "p-" + s.String()
			w.fill(project, 53)
			kv, err := w.js.KeyValue(t.Context(), w.names.TilesBucket())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := kv.PutString(t.Context(), project+".hook-00007.42.9", "{}"); err != nil {
				t.Fatal(err)
			}
			p := newTab(t, w.base, s)
			p.open("/")
			p.see(project)
			p.check("projects")
			p.open("/projects/" + project)
			p.see("1–50 of 53")
			p.check("list")
			p.leave("Next", "51–53 of 53")
			p.leave("Previous", "1–50 of 53")
			p.fill("Search webhooks", "hook-0000")
			p.leave("Show", "1–10 of 10")
			p.press("Choose The hook-00007")
			p.press("Choose The hook-00008")
			p.leave("Delete 2…", "Journeys use 1 of them")
			p.see("Journey 42, tile 9")
			p.check("delete")
			p.leave("Delete all 2", "Deleted.")
			p.see("1–50 of 51")

			p.open("/projects/" + project + "/webhooks/hook-00001/copy")
			p.check("copy")
			p.fill("Id of the copy", "hook-00002")
			p.leave("Copy", "The id is taken")
			p.fill("Id of the copy", "hook-copy")
			p.leave("Copy", "Copied.")
			p.fill("Name", "The copy")
			p.leave("Save", "Saved.")
			p.leave("Pause", "Paused.")
			p.see("Resume")
			p.leave("Restore revision", "Restored.")
			p.see("Pause", "The copy")
			p.check("details-restored")

			p.open("/projects/" + project + "/webhooks/hook-00003")
			p.see("live", "None yet")
			w.publish(w.names.AttemptSubject(project, "hook-00003"), schema.Attempt{
				StepID: "step-live", ProjectID: project, WebhookID: "hook-00003", Attempt: 2, Status: 503, Reason: schema.ReasonStatus, Next: schema.NextRetry,
				TookMS: 41, At: time.Now().UTC(), ResponseSnippet: "<b>come back later</b>",
			})
			p.see("step-live", "attempt 2", "The endpoint answered with an error", "41 ms", "Attempts by minute")
			p.click("more")
			p.see("<b>come back later</b>")

			p.open("/projects/" + project + "/webhooks/hook-00007")
			p.see("It is deleted")
			p.leave("Restore revision", "Restored.")

			p.open("/projects/" + project + "/webhooks/hook-00004/edit")
			w.want(200, w.call("PATCH", "/api/v1/projects/"+project+"/webhooks/hook-00004", `{"name":"The other one's"}`, "If-Match", "*"))
			p.fill("Name", "Mine")
			p.click("OAuth 2.0")
			p.fill("Client id", "crm")
			p.fill("Client secret", canary)
			p.fill("Token URL", w.endpoint.URL+"/token")
			p.see("Authorization: Bearer ***")
			p.leave("Save", "Someone else changed it meanwhile")
			p.see("Nothing was saved yet", "The other one's")
			p.check("form-conflict")
			p.leave("Save", "Saved.")
			p.see("Mine", "OAuth 2.0, client crm")

			p.open("/projects/" + project + "/new")
			p.fill("Name", "Text messages")
			p.click("Twilio")
			p.see("account SID", "To; From or MessagingServiceSid; Body or")
			p.fill("Token", canary)
			p.fill("Endpoint", "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json")
			p.click("Remove this row")                                                               // of To
			p.fillIn(`(//*[@data-list="body.form"]//input[@aria-label="Value"])[1]`, "+15551234567") // From
			p.fillIn(`(//*[@data-list="body.form"]//input[@aria-label="Value"])[2]`, "Hello")        // Body
			p.leave("Create webhook", "twilio needs To in the body")
			p.check("form-twilio")
			if at := p.value(`//*[@id="auth.token"]`); at != canary {
				t.Errorf("the typed token became %q", at)
			}
			p.click("Add pair")
			const added = `(//*[@data-list="body.form"]//input[@aria-label="%s"])[last()]`
			p.fillIn(fmt.Sprintf(added, "Name"), "To")
			p.fillIn(fmt.Sprintf(added, "Value"), "{{phone}}")
			p.leave("Create webhook", "Created.")
			p.see("To = {{phone}}", "Continues on 201")
			p.leave("Edit", "Save")
			p.fill("Name", "Never saved")

			p.open("/projects/" + project + "/steps?q=nobody@example.com")
			if p.asked.Load() != 1 {
				t.Errorf("whether to lose what was typed was asked %d times", p.asked.Load())
			}
			p.see("No results of nobody@example.com")
			p.check("steps-empty")
			if strings.Contains(p.html(), canary) {
				t.Error("the secret came back")
			}
		})
	}
}

// press is a press of a checkbox.
func (p *tab) press(label string) {
	p.t.Helper()
	p.do(chromedp.Click(`//input[@type="checkbox" and @aria-label=`+quoted(label)+`]`, chromedp.NodeVisible))
}

func (p *tab) value(xpath string) string {
	p.t.Helper()
	var text string
	p.do(chromedp.Value(xpath, &text))
	return text
}

// A team logs in with its token, begins with nothing, uses the keyboard alone, and logs out.
func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newTab(t, w.base, screen{390, "dark"})
	p.open("/")
	p.see("Access token")
	p.check("login")
	p.login("jhk_nonsense")
	p.see("This token is not valid")
	p.login(w.token(console.Editor, "acme"))
	p.see("No webhooks yet")
	p.check("projects-empty")
	p.open("/projects/acme")
	p.see("Create the first one")
	p.check("list-empty")
	var at string
	p.do(chromedp.KeyEvent(kb.Tab))
	if at = p.focused(); at != "To the content" {
		t.Errorf("the first stop is %q", at)
	}
	p.keys(kb.Enter, kb.Tab, kb.Enter)
	p.see("What people pick it by")
	p.tabTo("name")
	p.keys("By keyboard")
	p.tabTo("destination")
	p.keys(kb.ArrowRight, kb.ArrowRight, kb.ArrowRight) // Segment
	p.see("write key")
	p.keys(kb.ArrowLeft, kb.ArrowLeft, kb.ArrowLeft)
	p.tabTo("endpoint")
	p.do(chromedp.Evaluate(`document.activeElement.select()`, nil))
	p.keys(w.endpoint.URL + "/x")
	p.tabTo("auth.type")
	p.keys(kb.ArrowRight, kb.Enter)
	p.see("is missing; basic needs it")
	p.do(chromedp.Evaluate(`document.activeElement.name`, &at))
	if at != "auth.token" {
		t.Errorf("the focus is not on what is wrong, but on %q", at)
	}
	p.keys(canary, kb.Enter)
	p.see("Created.")
	p.open("/projects/other")
	p.see("This is not allowed")
	p.check("problem")
	p.leave("Log out", "Access token")
}

// login types a token and presses enter.
func (p *tab) login(token string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(`//*[@id="token"]`, token+kb.Enter))
}

func (p *tab) keys(all ...string) {
	p.t.Helper()
	for _, k := range all {
		p.do(chromedp.KeyEvent(k))
	}
}

// tabTo presses Tab until a field of the form has the focus.
func (p *tab) tabTo(name string) {
	p.t.Helper()
	for range 60 {
		var at string
		p.do(chromedp.KeyEvent(kb.Tab), chromedp.Evaluate(`document.activeElement.name ?? ""`, &at))
		if at == name {
			return
		}
	}
	p.t.Fatalf("the keyboard does not reach %s", name)
}

func (p *tab) focused() string {
	p.t.Helper()
	var text string
	p.do(chromedp.Evaluate(`document.activeElement.innerText`, &text))
	return text
}
