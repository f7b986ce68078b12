package console_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/journeyhook/journeyhook/internal/app"
)

// page is an answer for a person, asked for without any script.
func (w *world) page(method, path string, form url.Values) answer {
	w.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, w.base+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(raw)}
}

// fields are what a browser without script would send of a page's form with this action, "" for the page's
// own.
func fields(t *testing.T, page, action string) url.Values {
	t.Helper()
	doc, err := html.ParseWithOptions(strings.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	v := url.Values{}
	attr := func(n *html.Node, name string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val, true
			}
		}
		return "", false
	}
	content := func(n *html.Node) string {
		if n.FirstChild == nil {
			return ""
		}
		return n.FirstChild.Data
	}
	var walk func(n *html.Node, inside bool)
	walk = func(n *html.Node, inside bool) {
		if n.Type == html.ElementNode {
			name, _ := attr(n, "name")
			value, _ := attr(n, "value")
			_, checked := attr(n, "checked")
			switch kind, _ := attr(n, "type"); {
			case n.Data == "template":
				return
			case n.Data == "form":
				method, _ := attr(n, "method")
				to, _ := attr(n, "action")
				inside = method == "post" && to == action
			case !inside || name == "":
			case n.Data == "input" && (kind == "checkbox" || kind == "radio"):
				if checked {
					if value == "" {
						value = "on"
					}
					v.Add(name, value)
				}
			case n.Data == "input":
				v.Add(name, value)
			case n.Data == "textarea":
				v.Add(name, strings.ReplaceAll(content(n), "\n", "\r\n"))
			case n.Data == "select":
				chosen := ""
				for o := n.FirstChild; o != nil; o = o.NextSibling {
					if _, ok := attr(o, "selected"); ok && o.Type == html.ElementNode {
						if chosen, ok = attr(o, "value"); !ok {
							chosen = content(o)
						}
					}
				}
				v.Add(name, chosen)
			}
		}
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			walk(child, inside)
		}
	}
	walk(doc, false)
	return v
}

func everything(w *world) func(map[string]any) {
	return func(d map[string]any) {
		d["name"] = `Every "field" <there> is`
		d["endpoint"] = w.endpoint.URL + "/a/{{userId}}?x={{#urlEncode}}{{city}}{{/urlEncode}}"
		d["allowDynamicHost"] = true
		d["auth"] = map[string]any{"type": "oauth2", "clientId": "crm", "clientSecret": canary, "tokenUrl": w.endpoint.URL + "/token", "scope": "a b", "audience": "x", "clientAuth": "basic", "honorExpiresIn": true, "params": []any{map[string]any{"name": "p", "value": "1 "}}}
		d["headers"] = []any{map[string]any{"name": "X-Plain", "value": "{{plan}}"}, map[string]any{"name": "X-Api-Key", "value": canary, "secret": true}}
		d["body"] = map[string]any{"type": "json", "json": "\n{\n  \"a\": \"<{{city}}>\"\n}\n", "userFields": []any{"city", "a b"}, "includeEmailAndWorkflowId": true, "includeTriggerData": false}
		d["success"] = []any{"200", "3xx"}
		d["retry"] = map[string]any{"statuses": []any{500, 503}, "delay": "1m30s", "max": 7, "honorRetryAfter": false}
		d["timeout"] = "2.5s"
		d["limits"] = map[string]any{"rate": 0.5, "concurrency": 3}
		d["signing"] = map[string]any{"secrets": []any{signingSecret("one"), signingSecret("two")}}
		d["log"] = map[string]any{"bodies": true}
		d["state"] = "paused"
	}
}

func signingSecret(which string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(canary+which+"-signing-secret-of-24-bytes"))
}

// What a form shows of a definition and sends back untouched is the same definition, secrets included.
func TestFormKeepsEveryField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	for name, edit := range map[string]func(map[string]any){
		"bare": func(map[string]any) {},
		"json": everything(w),
		"form": func(d map[string]any) {
			d["method"], d["destination"] = "PUT", "custom"
			d["auth"] = map[string]any{"type": "basic", "token": canary}
			d["body"] = map[string]any{"type": "urlencoded", "form": []any{map[string]any{"name": "a", "value": " {{b}}"}, map[string]any{"name": "c", "value": ""}}}
		},
	} {
		before := w.create(name, edit).json(t)["revision"]
		at := "/projects/acme/webhooks/" + name + "/edit"
		v := fields(t, w.want(200, w.page("GET", at, nil)).body, "")
		a := w.want(303, w.page("POST", at, v))
		if got := a.header.Get("Location"); got != "/projects/acme/webhooks/"+name+"?done=same" {
			history := w.call("GET", hooks+"/"+name+"/history", "")
			t.Errorf("%s: an untouched form changed something (before: %v): %s\n%s", name, before, got, history.body[:min(len(history.body), 600)])
		}
	}
}

// Without script a form says what is wrong at its field, forgets typed secrets, and saves when it is mended.
func TestFormWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	const at = "/projects/acme/new"
	v := fields(t, w.want(200, w.page("GET", at, nil)).body, "")
	if len(v["headers.0.name"]) != 1 {
		t.Fatalf("there is no row for a header: %v", v)
	}
	v.Set("name", "Ça va? CRM 2")
	v.Set("endpoint", w.endpoint.URL+"/x")
	v.Set("headers.1.name", "X-Api-Key")
	v.Set("headers.1.value", canary)
	v.Set("headers.1.secret", "on")
	v.Set("headers.2.name", "Host")
	v.Set("body.json", "{\n\"a\": {{#if}}\n}")
	v.Set("do", "save")
	refused := w.want(422, w.page("POST", at, v))
	for _, want := range []string{
		`data-fault="headers.2.name">Host is set by the worker`, `data-fault="body.json">line 2, column`, "Secrets that you typed are not shown again",
	} {
		if !strings.Contains(refused.body, want) {
			t.Errorf("%s is not said", want)
		}
	}
	again := fields(t, refused.body, "")
	if again.Get("headers.1.value") != "" || again.Get("name") != "Ça va? CRM 2" {
		t.Errorf("the form came back as %v", again)
	}
	again.Set("headers.1.value", canary)
	again.Del("headers.2.name")
	again.Set("body.json", `{"a": 1}`)
	again.Set("retry.max", "often")
	if often := w.want(422, w.page("POST", at, again)); regexp.MustCompile(`data-fault="retry.max"></p>`).MatchString(often.body) {
		t.Error("nothing is said of retry.max")
	}
	again.Set("retry.max", "2")
	for _, do := range []string{"preview", "test"} {
		again.Set("do", do)
		shown := w.want(200, w.page("POST", at, again))
		if !strings.Contains(shown.body, "<i>X-Api-Key:</i> ***") || strings.Contains(shown.body, canary) {
			t.Errorf("%s shows something else: %s", do, shown.body)
		}
	}
	again.Set("do", "save")
	created := w.want(303, w.page("POST", at, again))
	if created.header.Get("Location") != "/projects/acme/webhooks/a-va-crm-2?done=created" {
		t.Errorf("it went to %s", created.header.Get("Location"))
	}
	w.want(422, w.page("POST", at, again)) // the id is taken now
}

// Whoever was slower is told what the others did, and can put theirs over it.
func TestFormConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	w.create("crm")
	const at = "/projects/acme/webhooks/crm/edit"
	mine := fields(t, w.page("GET", at, nil).body, "")
	w.want(200, w.call("PATCH", hooks+"/crm", `{"method":"PUT"}`, "If-Match", "*"))
	mine.Set("name", "Mine")
	refused := w.want(409, w.page("POST", at, mine))
	for _, want := range []string{"Someone else changed it meanwhile", "local saved revision", "<ins>PUT</ins>"} {
		if !strings.Contains(refused.body, want) {
			t.Errorf("%q is not told", want)
		}
	}
	over := fields(t, refused.body, "")
	if over.Get("name") != "Mine" {
		t.Errorf("what was written is lost: %v", over)
	}
	w.want(303, w.page("POST", at, over))
	if now := w.call("GET", hooks+"/crm", "").json(t); now["name"] != "Mine" || now["method"] != "POST" {
		t.Errorf("it is now %v", now)
	}
	// A revision is restored over the one that the page showed, or not at all.
	restore := url.Values{"to": {mine.Get("revision")}, "over": {mine.Get("revision")}}
	w.want(409, w.page("POST", "/projects/acme/webhooks/crm/rollback", restore))
	if now := w.call("GET", hooks+"/crm", "").json(t); now["name"] != "Mine" {
		t.Errorf("it was restored all the same: %v", now)
	}
}

// A signing secret that is taken out takes no other one with it, neither in a test nor when it is saved.
func TestFormDropsOneSigningSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	w.create("crm", func(d map[string]any) {
		d["signing"] = map[string]any{"secrets": []any{signingSecret("one"), signingSecret("two")}}
	})
	const at = "/projects/acme/webhooks/crm/edit"
	v := fields(t, w.page("GET", at, nil).body, "")
	v.Del("signing.secrets.0")
	v.Set("do", "test")
	w.want(200, w.page("POST", at, v))
	calls := w.endpoint.Calls()
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	mac := hmac.New(sha256.New, []byte(canary+"two-signing-secret-of-24-bytes"))
	fmt.Fprintf(mac, "%s.%s.%s", calls[0].Header.Get("Webhook-Id"), calls[0].Header.Get("Webhook-Timestamp"), calls[0].Body)
	if got, want := calls[0].Header.Get("Webhook-Signature"), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)); got != want {
		t.Errorf("the test is signed %s, and not with the secret that is left: %s", got, want)
	}
	v.Set("do", "save")
	w.want(303, w.page("POST", at, v))
	stored, err := w.ops.Store.Load(t.Context(), "acme", "crm")
	if err != nil {
		t.Fatal(err)
	}
	if got := stored.Signing.Secrets; len(got) != 1 || got[0].Reveal() != signingSecret("two") {
		t.Errorf("another secret was kept than the second: %d", len(got))
	}
	v.Set("do", "test") // by now *** can't be told to be which one
	if late := w.want(200, w.page("POST", at, v)); !strings.Contains(late.body, "Someone else changed it meanwhile") {
		t.Error("a test of an old form was signed with whatever is stored now")
	}
}

// What one can't read of a form hides no other fault.
func TestFormSaysEveryFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	const at = "/projects/acme/new"
	v := fields(t, w.page("GET", at, nil).body, "")
	for name, value := range map[string]string{
		"name": "CRM", "endpoint": "https://x/{{city", "retry.max": "often", "timeout": "soon", "body.json": "{{#if}}", "headers.0.name": "Host", "limits.rate": "-1",
	} {
		v.Set(name, value)
	}
	if empty := w.want(422, w.page("POST", at, url.Values{})).body; !strings.Contains(empty, `data-fault="name">is missing`) || !strings.Contains(empty, `data-fault="id"></p>`) {
		t.Error("of an empty form not just the name is asked for, of which the id is made")
	}
	body := w.want(422, w.page("POST", at, v)).body
	for _, name := range []string{"endpoint", "retry.max", "timeout", "body.json", "headers.0.name", "limits.rate"} {
		if !regexp.MustCompile(`data-fault="` + regexp.QuoteMeta(name) + `">[^<]`).MatchString(body) {
			t.Errorf("nothing is said of %s", name)
		}
	}
}

// Every destination's form is filled in, and says where its service's documentation is.
func TestFormOfEachDestination(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	for destination, wants := range map[string][]string{
		"custom": {`value="custom" checked`}, "twilio": {"account SID", `value="basic" checked`, `value="urlencoded" checked`, "api.twilio.com/2010-04-01/Accounts/ACxx"},
		"inkit": {"address_zip", "internal.inkit.io"}, "lob": {"api.lob.com/v1/postcards", `value="basic" checked`}, "segment": {"userId</code> or <code>anonymousId"},
		"delighted": {"api.delighted.com"}, "amplitude": {"api2.amplitude.com"}, "zapier": {"hooks.zapier.com/hooks/catch"}, "slack": {"hooks.slack.com/services/"},
	} {
		page := w.want(200, w.page("GET", "/projects/acme/new?destination="+destination, nil)).body
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s: %s is missing", destination, want)
			}
		}
		if guide := w.want(200, w.page("GET", "/projects/acme/guide?destination="+destination, nil)).json(t); guide["values"] == nil {
			t.Errorf("%s: no values: %v", destination, guide)
		}
	}
	w.want(404, w.page("GET", "/projects/acme/guide?destination=nobody", nil))
	if got := fmt.Sprint(fields(t, w.page("GET", "/projects/acme/new?destination=twilio", nil).body, "")["success"]); got != "[201]" {
		t.Errorf("twilio's successes are %s", got)
	}
}

// A form that is not UTF-8 is refused: what it says would be stored with other characters in the place of some (C51).
func TestAFormThatIsNoUTF8(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	w.create("crm")
	const at = "/projects/acme/webhooks/crm/edit"
	form := fields(t, w.want(200, w.page("GET", at, nil)).body, "")
	form.Set("name", "Z\xfcrich")
	w.want(http.StatusBadRequest, w.page("POST", at, form))
	if a := w.want(200, w.call("GET", hooks+"/crm", "")); strings.Contains(a.body, "\ufffd") {
		t.Error(a.body)
	}
	form.Set("name", "Zürich")
	w.want(http.StatusSeeOther, w.page("POST", at, form))
}
