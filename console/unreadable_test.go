package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/internal/app"
)

// What is stored and can't be read is told of, and may be replaced, rolled back and deleted like anything else (C55).
func TestAnUnreadableDefinitionIsNoDeadEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	bucket, err := w.js.KeyValue(t.Context(), w.names.WebhooksBucket())
	if err != nil {
		t.Fatal(err)
	}
	put := func(id, value string) string {
		t.Helper()
		revision, err := bucket.PutString(t.Context(), "acme."+id, value)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`"%d"`, revision)
	}
	w.create("good")
	for n, value := range []string{
		"", "see the wiki", "\xff\xfe", "[]", "null", `{"project":"acme","id":"elsewhere"}`,
		`{"project":"acme","id":"hook-5","name":"x","method":"POST","endpoint":"https://a.example/","success":[null]}`,
	} {
		id := fmt.Sprintf("hook-%d", n)
		at := hooks + "/" + id
		first := w.create(id).header.Get("ETag")
		tag := put(id, value)

		a := w.want(http.StatusConflict, w.call("GET", at, ""))
		if a.problem() != "unreadable" || a.header.Get("ETag") != tag || !strings.Contains(a.body, "delete it") {
			t.Errorf("%q: %s, %v", value, a.body, a.header)
		}
		listed := func() bool {
			list := w.want(200, w.call("GET", hooks+"?limit=500", ""))
			return strings.Contains(list.body, `"id":"good"`) && strings.Count(list.body, "can't be read") == 1
		}
		soon(t, "the list does not tell of "+value, listed)
		if edits := w.want(200, w.call("GET", at+"/history", "")); !strings.Contains(edits.body, `"fault":"the stored definition can't be read`) {
			t.Errorf("%q: the history: %s", value, edits.body)
		}
		for _, path := range []string{"/tiles", "/health"} {
			w.want(200, w.call("GET", at+path, ""))
		}
		for _, path := range []string{"/preview", "/test"} {
			if a := w.want(http.StatusConflict, w.call("POST", at+path, `{"step":{"user":{"email":"a@b.example"}}}`)); a.problem() != "unreadable" {
				t.Errorf("%q: %s: %s", value, path, a.body)
			}
		}
		for method, path := range map[string]string{"PATCH": "", "POST": "/pause"} {
			if a := w.want(http.StatusConflict, w.call(method, at+path, `{"name":"b"}`, "If-Match", "*")); a.problem() != "unreadable" {
				t.Errorf("%q: %s %s: %s", value, method, path, a.body)
			}
		}

		w.want(http.StatusPreconditionFailed, w.call("PUT", at, w.definition(id), "If-Match", first))
		if a := w.want(200, w.call("PUT", at, w.definition(id), "If-Match", tag)); !strings.Contains(a.body, `"changed":true`) || !strings.Contains(a.body, `"path":"name","old":null`) {
			t.Errorf("%q: replaced: %s", value, a.body)
		}
		tag = put(id, value)
		w.want(200, w.call("POST", at+"/rollback", `{"revision":`+strings.Trim(first, `"`)+`}`, "If-Match", tag))
		w.want(200, w.call("GET", at, ""))

		put(id, value)
		soon(t, "the list does not tell of "+value, listed)
		page := "/projects/acme/webhooks/" + id
		for path, want := range map[string]string{page: "can't be read", page + "/edit": "replaces what is stored", "/projects/acme": "can't be used", "/projects/acme/delete?id=" + id: id} {
			if a := w.want(200, w.page("GET", path, nil)); !strings.Contains(strings.ReplaceAll(a.body, "&#39;", "'"), want) {
				t.Errorf("%q: %s does not say %q", value, path, want)
			}
		}
		form := fields(t, w.page("GET", page+"/edit", nil).body, "")
		form.Set("name", "Written anew")
		form.Set("endpoint", w.endpoint.URL)
		w.want(http.StatusSeeOther, w.page("POST", page+"/edit", form))
		if a := w.want(200, w.call("GET", at, "")); !strings.Contains(a.body, "Written anew") {
			t.Errorf("%q: %s", value, a.body)
		}

		tag = put(id, value)
		w.want(200, w.call("DELETE", at, "", "If-Match", tag))
		put(id, value)
		if a := w.want(200, w.call("DELETE", hooks+"?id="+id, "")); !strings.Contains(a.body, `"deleted":true`) {
			t.Errorf("%q: %s", value, a.body)
		}
	}
	if log := w.logs.String(); strings.Contains(log, `"level":"error"`) {
		t.Error(log)
	}
}

// soon waits for what the watch over the bucket brings.
func soon(t *testing.T, otherwise string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
	}
}

// Secrets that a lost key sealed are written anew in the form; what was typed beside them is not lost.
func TestAFormOverSecretsOfALostKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	w.create("lost", func(d map[string]any) { d["auth"] = map[string]any{"type": "basic", "token": canary} })
	bucket, err := w.js.KeyValue(t.Context(), w.names.WebhooksBucket())
	if err != nil {
		t.Fatal(err)
	}
	entry, err := bucket.Get(t.Context(), "acme.lost")
	if err != nil {
		t.Fatal(err)
	}
	for name, seal := range map[string]string{"another key's": `"sealed:AAAA`, "no ciphertext": `"sealed:!`} {
		if _, err := bucket.Put(t.Context(), "acme.lost", []byte(strings.Replace(string(entry.Value()), `"sealed:`, seal, 1))); err != nil {
			t.Fatal(err)
		}
		const at = "/projects/acme/webhooks/lost/edit"
		form := fields(t, w.want(200, w.page("GET", at, nil)).body, "")
		form.Set("name", "Typed with care")
		if a := w.want(http.StatusServiceUnavailable, w.page("POST", at, form)); !strings.Contains(a.body, "auth.token of acme.lost") || !strings.Contains(a.body, "Typed with care") {
			t.Errorf("%s: the form is not shown again with what is in the way: %s", name, a.body)
		}
		form.Set("auth.token", "a new one")
		w.want(http.StatusSeeOther, w.page("POST", at, form))
		w.want(200, w.call("GET", hooks+"/lost", ""))
		w.want(200, w.call("POST", hooks+"/lost/pause", ""))
	}
}

// A byte order mark before a body is no content (C51).
func TestAByteOrderMarkBeforeABody(t *testing.T) {
	t.Parallel()
	const mark, at = "\ufeff", hooks + "/mark"
	w := newWorld(t)
	w.want(http.StatusCreated, w.call("PUT", at, mark+w.definition("mark"), "If-None-Match", "*"))
	w.want(200, w.call("PUT", at, mark+"project: acme\nid: mark\nname: A\nmethod: POST\nendpoint: "+w.endpoint.URL+"\n", "If-Match", "*", "Content-Type", "application/yaml"))
	w.want(200, w.call("PATCH", at, mark+`{"name":"B"}`, "If-Match", "*"))
	w.want(http.StatusCreated, w.call("POST", at+"/copy", mark+`{"id":"mark-copy"}`))
	w.want(200, w.call("POST", at+"/preview", mark+`{"step":{"user":{"email":"a@b.example"}}}`))
	if a := w.want(200, w.call("POST", "/api/v1/projects/acme/validate", mark+w.definition("mark"))); !strings.Contains(a.body, `"valid":true`) {
		t.Error(a.body)
	}
	if a := w.want(http.StatusUnprocessableEntity, w.call("PUT", at, w.definition("mark", func(d map[string]any) { d["na\u200bme"] = "x" }), "If-Match", "*")); !strings.Contains(a.body, `na\u003cU+200B\u003eme`) {
		t.Error(a.body)
	}
}

// Null is nothing that a list may hold; a field that is null has its default, or is missing.
func TestNullInADefinition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for field, value := range map[string]any{
		"success": []any{nil}, "headers": []any{nil}, "retry": map[string]any{"statuses": []any{nil}}, "body": map[string]any{"userFields": []any{nil}},
		"signing": map[string]any{"secrets": []any{nil}}, "auth": map[string]any{"type": "basic", "token": nil}, "name": nil, "method": nil,
	} {
		edit := func(d map[string]any) { d[field] = value }
		at := hooks + "/null-" + field
		w.want(http.StatusUnprocessableEntity, w.call("PUT", at, w.definition("null-"+field, edit), "If-None-Match", "*"))
		w.want(http.StatusNotFound, w.call("GET", at, ""))
	}
	w.create("kept")
	a := w.want(http.StatusUnprocessableEntity, w.call("PATCH", hooks+"/kept", `{"success":[null]}`, "If-Match", "*"))
	if !strings.Contains(a.body, `"path":"success[0]"`) || !strings.Contains(a.body, "is null") {
		t.Error(a.body)
	}
}
