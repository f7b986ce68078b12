package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

const hooks = "/api/v1/projects/acme/webhooks"

func secretHeader(doc map[string]any) {
	doc["headers"] = []any{map[string]any{"name": "X-Api-Key", "value": "k3y", "secret": true}}
}

// A webhook's life, as a program leads it. Each answer is held to openapi.yaml, and in the end every
// operation must have been answered with success at least once.
func TestLifeOfAWebhook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create("crm", secretHeader)
	tag := made.header.Get("ETag")
	if got := made.header.Get("Location"); got != hooks+"/crm" {
		t.Errorf("Location %q", got)
	}
	read := w.want(200, w.call("GET", hooks+"/crm", ""))
	if read.header.Get("ETag") != tag {
		t.Errorf("ETag %s, and creating said %s", read.header.Get("ETag"), tag)
	}
	w.want(304, w.call("GET", hooks+"/crm", "", "If-None-Match", tag))

	// What was read can be written back, and changes nothing.
	same := w.want(200, w.call("PUT", hooks+"/crm", read.body, "If-Match", tag))
	if same.json(t)["changed"] != false || same.header.Get("ETag") != tag {
		t.Errorf("unchanged: %s", same.body)
	}
	changed := w.want(200, w.call("PATCH", hooks+"/crm", `{"name":"Renamed","body":{"json":"{\"city\":\"{{city}}\"}"}}`, "If-Match", tag, "Content-Type", "application/merge-patch+json"))
	if n := len(changed.json(t)["diff"].([]any)); n != 2 {
		t.Errorf("the diff has %d fields, want 2: %s", n, changed.body)
	}
	if changed.header.Get("ETag") == tag {
		t.Error("a change did not change the ETag")
	}

	w.want(201, w.call("POST", hooks+"/crm/copy", `{"id":"copy"}`))
	page := w.want(200, w.call("GET", hooks+"?q=renamed&sort=-revision&limit=1", "")).json(t)
	if page["total"] != 2.0 || len(page["items"].([]any)) != 1 {
		t.Errorf("a page right after writing: %v", page)
	}
	w.want(200, w.call("GET", "/api/v1/projects", ""))
	w.want(200, w.call("GET", "/api/v1/me", ""))

	w.want(200, w.call("POST", hooks+"/crm/pause", ""))
	w.want(200, w.call("POST", hooks+"/crm/resume", ""))
	history := w.want(200, w.call("GET", hooks+"/crm/history", "")).json(t)["items"].([]any)
	if len(history) != 4 || history[3].(map[string]any)["actor"] != "test editor" || history[3].(map[string]any)["action"] != "create" {
		t.Errorf("history: %v", history)
	}
	first := history[3].(map[string]any)["revision"].(float64)
	back := w.want(200, w.call("POST", hooks+"/crm/rollback", fmt.Sprintf(`{"revision":%d}`, int(first)), "If-Match", "*"))
	if got := w.call("GET", hooks+"/crm", "").json(t)["name"]; got != "The crm" {
		t.Errorf("after the rollback its name is %v: %s", got, back.body)
	}

	w.want(200, w.call("GET", "/api/v1/projects/acme/draft?destination=slack", ""))
	valid := w.want(200, w.call("POST", "/api/v1/projects/acme/validate", w.definition("crm"))).json(t)
	if valid["valid"] != true {
		t.Errorf("validate: %v", valid)
	}
	w.records(t)
	w.deletions(t)
	for path, ops := range w.api.paths {
		for method := range ops {
			if name := strings.ToUpper(method) + " " + path; method != "parameters" && !w.api.seen[name] && !strings.HasSuffix(name, "/stream") {
				t.Errorf("%s was never answered with success here", name)
			}
		}
	}
}

// records asks for what workers wrote.
func (w *world) records(t *testing.T) {
	now := time.Now().UTC()
	a := schema.Attempt{StepID: "s1", ProjectID: "acme", WebhookID: "crm", Attempt: 1, Method: "POST", URL: "https://x/…", Status: 503, Reason: schema.ReasonStatus, Next: schema.NextExit, TookMS: 12.5, At: now}
	b := a
	b.StepID, b.Status, b.Reason, b.Next = "s2", 200, schema.ReasonDelivered, schema.NextContinue
	for _, v := range []schema.Attempt{a, b} {
		w.publish(w.names.AttemptSubject("acme", "crm"), v)
	}
	w.publish(w.names.ResultSubject("acme", 7, schema.Exit), schema.Result{StepID: "s1", ProjectID: "acme", WorkflowID: 7, TileID: "1", WebhookID: "crm",
		User: schema.Person{Email: "Pat@example.com"}, Outcome: schema.Exit, Reason: schema.ReasonRetriesExhausted, Status: 503, Attempts: 1, FinishedAt: now})
	w.publish(w.names.NotificationSubject("acme"), schema.Notification{ProjectID: "acme", WebhookID: "crm", Kind: schema.KindWebhookFailing, Reason: schema.ReasonStatus, Count: 1, FirstAt: now, LastAt: now})
	for query, want := range map[string]int{"": 2, "?step=s1": 1, "?status=5xx": 1, "?status=503&status=200": 2, "?reason=delivered": 1, "?next=exit&webhook=crm": 1, "?webhook=other": 0, "?since=15m&limit=1": 1, "?until=1h": 0} {
		got := w.want(200, w.call("GET", "/api/v1/projects/acme/attempts"+query, "")).json(t)["items"].([]any)
		if len(got) != want {
			t.Errorf("attempts%s: %d, want %d", query, len(got), want)
		}
	}
	for query, want := range map[string]int{"?email=pat@EXAMPLE.com": 1, "?email=pat@example.co": 0, "?outcome=continue": 0, "?outcome=exit&webhook=crm": 1} {
		got := w.want(200, w.call("GET", "/api/v1/projects/acme/results"+query, "")).json(t)["items"].([]any)
		if len(got) != want {
			t.Errorf("results%s: %d, want %d", query, len(got), want)
		}
	}
	if story := w.want(200, w.call("GET", "/api/v1/projects/acme/steps/s1", "")).json(t); story["place"] != "done" {
		t.Errorf("story: %v", story)
	}
	w.want(404, w.call("GET", "/api/v1/projects/acme/steps/nobody", ""))
	list := "/api/v1/projects/acme/notifications"
	notice := w.want(200, w.call("GET", list+"?open=true", "")).json(t)["items"].([]any)[0].(map[string]any)
	w.want(200, w.call("POST", list+"/"+notice["id"].(string)+"/acknowledge", ""))
	if open := w.want(200, w.call("GET", list+"?open=true", "")).json(t)["items"].([]any); len(open) != 0 {
		t.Errorf("acknowledged and still open: %v", open)
	}
	if all := w.want(200, w.call("GET", list, "")).json(t)["items"].([]any); all[0].(map[string]any)["acknowledgedBy"] != "test editor" {
		t.Errorf("acknowledged: %v", all)
	}
	w.publish(w.names.BacklogSubject("acme", "crm"), struct{}{})
	w.publish(w.names.RetrySubject(schema.Lanes[3], "acme", "crm"), struct{}{})
	if b := w.want(200, w.call("GET", hooks+"/crm/backlog", "")).json(t); b["backlog"] != 1.0 || b["retries"] != 1.0 || b["steps"] != 0.0 {
		t.Errorf("backlog: %v", b)
	}
	deadline := time.Now().Add(5 * time.Second)
	for len(w.want(200, w.call("GET", hooks+"/crm/health", "")).json(t)["minutes"].([]any)) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the attempts were not counted within 5 s")
		}
		time.Sleep(10 * time.Millisecond)
	}
	sample := `{"step":{"user":{"email":"pat@example.com"}}}`
	draft := fmt.Sprintf(`{"step":{"user":{"email":"pat@example.com","profile":{"city":"Bern"}}},"definition":%s}`, w.definition("fresh", func(d map[string]any) { d["body"] = map[string]any{"json": `{"city":"{{city}}","nick":"{{nick}}"}`} }))
	w.want(200, w.call("POST", hooks+"/crm/preview", sample))
	shown := w.want(200, w.call("POST", "/api/v1/projects/acme/preview", draft))
	if !strings.Contains(shown.body, `{\"city\":\"Bern\"}`) || !strings.Contains(shown.body, `"fields":["nick"]`) {
		t.Errorf("preview of a draft: %s", shown.body)
	}
	if sent := w.want(200, w.call("POST", hooks+"/crm/test", sample)).json(t); sent["next"] != "continue" || sent["status"] != 200.0 {
		t.Errorf("test send: %v", sent)
	}
	caught := w.want(200, w.call("GET", "/api/v1/caught", "", "Authorization", "Bearer "+w.tokens["admin"]))
	if first := caught.json(t)["items"].([]any)[0].(map[string]any); first["uri"] != "/crm" || strings.Contains(caught.body, "k3y") || !strings.Contains(caught.body, `"X-Api-Key":["***"]`) {
		t.Errorf("caught: %s", caught.body)
	}
	created := w.want(200, w.call("POST", "/api/v1/projects/acme/test", fmt.Sprintf(`{"step":{"user":{"email":"pat@example.com"}},"definition":%s}`,
		w.definition("fresh", func(d map[string]any) { d["endpoint"] = w.endpoint.URL + "/status/201" })))).json(t)
	if created["next"] != "exit" || !strings.Contains(created["detail"].(string), `add "201" or "2xx"`) {
		t.Errorf("a 201 that is no success: %v", created)
	}
}

// deletions deletes one and many, with and without tiles that use them.
func (w *world) deletions(t *testing.T) {
	kv, err := w.js.KeyValue(t.Context(), w.names.TilesBucket())
	if err != nil {
		t.Fatal(err)
	}
	tile, _ := json.Marshal(schema.TileUse{WorkflowID: 7, TileID: "1", Type: schema.CallWebhook, FirstSeen: time.Now().UTC()})
	if _, err := kv.Put(t.Context(), "acme.crm.7.1", tile); err != nil {
		t.Fatal(err)
	}
	w.want(200, w.call("GET", hooks+"/crm/tiles", ""))
	if a := w.want(409, w.call("DELETE", hooks+"/crm?ifUnused=true", "")); a.problem() != "in-use" || len(a.json(t)["tiles"].([]any)) != 1 {
		t.Errorf("in use: %s", a.body)
	}
	w.create("one")
	many := w.want(200, w.call("DELETE", hooks+"?id=crm&id=copy&id=nobody&ifUnused=true", "")).json(t)["items"].([]any)
	got := map[string]bool{}
	for _, m := range many {
		got[m.(map[string]any)["id"].(string)] = m.(map[string]any)["deleted"].(bool)
	}
	if got["crm"] || !got["copy"] || got["nobody"] || len(got) != 3 {
		t.Errorf("deleted: %v", many)
	}
	w.want(200, w.call("DELETE", hooks+"/crm", ""))
	w.want(404, w.call("GET", hooks+"/crm", ""))
	if page := w.want(200, w.call("GET", hooks, "")).json(t); page["total"] != 1.0 {
		t.Errorf("a list right after deleting: %v", page)
	}
	audit := w.want(200, w.call("GET", "/api/v1/projects/acme/audit?webhook=crm", "", "Authorization", "Bearer "+w.tokens["admin"])).json(t)["items"].([]any)
	if last := audit[0].(map[string]any); last["action"] != "delete" || last["actor"] != "test editor" || last["via"] != "api" {
		t.Errorf("the newest audit record: %v", last)
	}
}

// Everything wrong is told at once, by field, with its place.
func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := "{\n \"project\": \"acme\", \"id\": \"crm\",\n \"method\": \"FETCH\", \"name\": \"CRM\",\n \"endpoint\": \"https://api.example.com/{{city\"\n}"
	a := w.want(http.StatusUnprocessableEntity, w.call("PUT", hooks+"/crm", text, "If-None-Match", "*"))
	var p struct {
		Errors []struct {
			Path                string
			Line, Column        int
			FieldLine, FieldCol int
		}
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatal(err)
	}
	places := map[string]int{}
	for _, e := range p.Errors {
		places[e.Path] = e.Line
		if e.Path == "endpoint" && e.FieldLine != 1 {
			t.Errorf("the template's fault has no place in its field: %s", a.body)
		}
	}
	if places["method"] != 3 || places["endpoint"] != 4 {
		t.Errorf("faults: %s", a.body)
	}
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
	}{
		"another id than the address":    {"PUT", hooks + "/other", w.definition("crm"), []string{"If-None-Match", "*"}, 422},
		"no revision said":               {"PUT", hooks + "/crm", w.definition("crm"), nil, 428},
		"an ETag that is none":           {"PUT", hooks + "/crm", w.definition("crm"), []string{"If-Match", "12"}, 412},
		"replacing what is not there":    {"PUT", hooks + "/crm", w.definition("crm"), []string{"If-Match", "*"}, 404},
		"a type that is not read":        {"PUT", hooks + "/crm", w.definition("crm"), []string{"Content-Type", "text/plain"}, 415},
		"an unknown filter":              {"GET", hooks + "?stat=paused", "", nil, 400},
		"an unknown sort":                {"GET", hooks + "?sort=age", "", nil, 422},
		"a status that is none":          {"GET", "/api/v1/projects/acme/attempts?status=9xx", "", nil, 400},
		"a reason that is none":          {"GET", "/api/v1/projects/acme/attempts?reason=tiemout", "", nil, 400},
		"a sample without a step":        {"POST", hooks + "/crm/preview", `{}`, nil, 404},
		"a body with something unknown":  {"POST", hooks + "/crm/copy", `{"to":"x"}`, nil, 400},
		"an id that can't be one":        {"GET", hooks + "/a%20b", "", nil, 404},
		"a project that can't be one":    {"GET", "/api/v1/projects/a%20b/webhooks", "", nil, 404},
		"nothing there":                  {"GET", "/api/v1/nothing", "", nil, 404},
		"a notification that is none":    {"POST", "/api/v1/projects/acme/notifications/x/acknowledge", "", nil, 422},
		"a body that is too large":       {"POST", "/api/v1/projects/acme/validate", `"` + strings.Repeat("x", 2<<20) + `"`, nil, 413},
		"deleting nothing in particular": {"DELETE", hooks, "", nil, 400},
	} {
		if a := w.call(c.method, c.path, c.body, c.headers...); a.status != c.status || a.problem() == "" {
			t.Errorf("%s: status %d, want %d: %s", name, a.status, c.status, a.body)
		}
	}
}

// C51: a body with bytes that are no UTF-8 is refused; read as JSON they would become something else.
func TestBodiesThatAreNotUTF8AreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create("crm")
	latin1 := strings.Replace(w.definition("crm"), "The crm", "Z\xfcrich", 1)
	for _, a := range []answer{
		w.call("PUT", hooks+"/crm", latin1, "If-Match", made.header.Get("ETag")),
		w.call("PATCH", hooks+"/crm", "{\"name\":\"Z\xfcrich\"}", "If-Match", made.header.Get("ETag"), "Content-Type", "application/merge-patch+json"),
		w.call("POST", hooks+"/crm/copy", "{\"id\":\"copy\",\"\xff\":1}"),
		w.call("POST", hooks+"/crm/preview", "{\"step\":{\"user\":{\"email\":\"zo\xeb@x.com\"}}}"),
	} {
		if w.want(400, a); !strings.Contains(a.body, "not UTF-8") {
			t.Errorf("%s", a.body)
		}
	}
	if got := w.call("GET", hooks+"/crm", "").json(t)["name"]; got != "The crm" {
		t.Errorf("its name is %v", got)
	}
}
