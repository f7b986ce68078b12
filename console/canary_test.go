package console_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/journeyhook/journeyhook/console"
)

const canary = "c4nary-9d1e"

// secretFields puts a canary into every field that takes a secret, and into headers where it is only made by
// rendering, or is a part of the value.
func secretFields(w *world, auth string) func(map[string]any) {
	return func(d map[string]any) {
		switch auth {
		case "basic":
			d["auth"] = map[string]any{"type": "basic", "token": canary + "-basic"}
		case "oauth2":
			d["auth"] = map[string]any{"type": "oauth2", "clientId": "crm", "clientSecret": canary + "-client", "tokenUrl": w.endpoint.URL + "/token"}
		}
		d["headers"] = []any{map[string]any{"name": "X-Api-Key", "value": canary + "-header", "secret": true}, map[string]any{"name": "X-Plain", "value": "plain"},
			map[string]any{"name": "X-Made", "value": canary[:4] + `{{lower "` + strings.ToUpper(canary[4:]) + `"}}-made`, "secret": true},
			map[string]any{"name": "X-Scheme", "value": "Bearer " + canary + "-bearer", "secret": true},
			map[string]any{"name": "X-Basic", "value": "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+canary+"-password")), "secret": true}}
		d["signing"] = map[string]any{"secrets": []any{"whsec_" + base64.StdEncoding.EncodeToString([]byte(canary+"-signing-secret-of-24-bytes"))}}
	}
}

// A secret typed into any field that takes one comes back nowhere: no answer of the API, whether it worked or
// not, no page, no output of hookctl, no log, no audit record, and not readable in the bucket.
func TestSecretsNeverComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen := map[string]string{}
	n := 0
	call := func(method, path, body string, headers ...string) answer {
		a := w.call(method, path, body, headers...)
		n++
		seen[fmt.Sprintf("%d %s %s", n, method, path)] = a.body + fmt.Sprint(a.header)
		return a
	}
	echo := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusBadRequest)
		body, _ := io.ReadAll(r.Body)
		_, bearer, _ := strings.Cut(r.Header.Get("X-Scheme"), " ")
		user, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["X-Basic"]}}).BasicAuth()
		fmt.Fprint(rw, bearer, user, password, r.Header, string(body))
	}))
	t.Cleanup(echo.Close)
	toEcho := func(d map[string]any) { d["endpoint"] = echo.URL + "/" }
	sample := func(definition string) string {
		return fmt.Sprintf(`{"step":{"user":{"email":"pat@example.com"}},"definition":%s}`, definition)
	}
	const project = "/api/v1/projects/acme"
	program := filepath.Join(t.TempDir(), "hookctl")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/journeyhook/journeyhook/cmd/hookctl").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, auth := range []string{"basic", "oauth2"} {
		at := hooks + "/" + auth
		full := w.definition(auth, secretFields(w, auth), toEcho)
		w.want(201, call("PUT", at, full, "If-None-Match", "*"))
		read := call("GET", at, "")
		again := strings.NewReplacer("-header", "-header2", "-client", "-client2", "-basic", "-basic2").Replace(full)
		w.want(200, call("PUT", at, again, "If-Match", "*"))
		w.want(200, call("PUT", at, read.body, "If-Match", "*"))
		w.want(200, call("PATCH", at, `{"auth":{"type":"basic","token":"`+canary+`-patched","clientId":null,"clientSecret":null,"tokenUrl":null}}`, "If-Match", "*"))
		w.want(200, call("PATCH", at, `{"headers":[{"name":"X-Api-Key","value":"***","secret":true},{"name":"X-New","value":"`+canary+`-new","secret":true}]}`, "If-Match", "*"))
		call("PUT", at, strings.Replace(full, `"method":"POST"`, `"method":"FETCH"`, 1), "If-Match", "*")
		call("PUT", at, full[:len(full)-1], "If-Match", "*")
		call("PUT", at, full, "If-Match", `"1"`)
		call("PUT", hooks+"/other", full, "If-None-Match", "*")
		call("POST", project+"/validate", full)
		call("POST", project+"/validate", full[:len(full)-1])
		call("POST", at+"/preview", `{"step":{"user":{"email":"pat@example.com"}}}`)
		call("POST", project+"/preview", sample(full))
		if sent := call("POST", project+"/test", sample(full)); auth == "basic" && !strings.Contains(sent.body, "X-Plain:[plain]") {
			t.Errorf("the echo of a test send is not there: %s", sent.body)
		}
		call("POST", at+"/test", `{"step":{"user":{"email":"pat@example.com"}}}`)
		call("POST", at+"/copy", `{"id":"`+auth+`-copy"}`)
		call("POST", at+"/pause", "")
		history := call("GET", at+"/history", "")
		first := history.json(t)["items"].([]any)
		call("POST", at+"/rollback", fmt.Sprintf(`{"revision":%v}`, int(first[len(first)-1].(map[string]any)["revision"].(float64))), "If-Match", "*")
		call("GET", hooks, "")
		w.typed(auth, full, call)
		w.hookctl(t, seen, program, auth, full)
		call("GET", project+"/audit", "", "Authorization", "Bearer "+w.tokens[console.Admin])
		call("DELETE", at, "")
		call("GET", at+"/history", "")
	}
	seen["log"] = w.logs.String()
	for name, data := range w.stored(t) {
		seen[name] = data
	}
	for name, text := range seen {
		if at := strings.Index(text, canary); at >= 0 {
			t.Errorf("%s shows a secret: …%s", name, text[max(0, at-80):min(len(text), at+40)])
		}
		if encoded := base64.StdEncoding.EncodeToString([]byte(canary))[:12]; strings.Contains(text, encoded) {
			t.Errorf("%s shows the signing secret", name)
		}
		for role, token := range w.tokens {
			if strings.Contains(text, token) {
				t.Errorf("%s shows the %s's token", name, role)
			}
		}
	}
	if len(seen) < 110 {
		t.Errorf("only %d places were looked at", len(seen))
	}
}

// typed types the secrets into the forms of the pages, rightly and wrongly, with a script and without, and looks
// at every page.
func (w *world) typed(auth, full string, call func(method, path, body string, headers ...string) answer) {
	w.t.Helper()
	const project = "/projects/acme"
	at := project + "/webhooks/" + auth
	v := url.Values{"name": {"Typed " + auth}, "method": {"POST"}, "body.type": {"json"}, "success": {"200"}, "sample": {`{"user":{"email":"pat@example.com"}}`}}
	var doc map[string]any
	if err := json.Unmarshal([]byte(full), &doc); err != nil {
		w.t.Fatal(err)
	}
	v.Set("endpoint", fmt.Sprint(doc["endpoint"]))
	for name, value := range doc["auth"].(map[string]any) {
		v.Set("auth."+name, fmt.Sprint(value))
	}
	v.Set("headers.4.name", "X-Api-Key")
	v.Set("headers.4.value", canary+"-form")
	v.Set("headers.4.secret", "on")
	v.Set("signing.secrets.1", fmt.Sprint(doc["signing"].(map[string]any)["secrets"].([]any)[0]))
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for _, script := range []string{"", "application/json"} {
		headers := append(form[:2:2], "Accept", script)
		for _, method := range []string{"FETCH", "POST"} {
			v.Set("method", method)
			for _, do := range []string{"check", "preview", "test"} {
				v.Set("do", do)
				w.want(200, call("POST", project+"/new", v.Encode(), headers...))
			}
		}
		v.Set("do", "save")
		v.Set("method", "FETCH")
		call("POST", project+"/new", v.Encode(), headers...)
		v.Set("method", "POST")
		call("POST", project+"/new", v.Encode(), headers...) // the second time the id is taken
		v.Set("revision", "1")
		w.want(map[string]int{"": 409, "application/json": 200}[script], call("POST", at+"/edit", v.Encode(), headers...))
	}
	if a := call("GET", hooks+"/typed-"+auth, ""); !strings.Contains(a.body, "Typed") {
		w.t.Errorf("the form saved nothing: %s", a.body)
	}
	for _, path := range []string{"/", project, at, at + "/edit", at + "/copy", project + "/webhooks/typed-" + auth, project + "/webhooks/typed-" + auth + "/edit", project + "/delete?id=" + auth, project + "/steps", project + "/notifications?all=1"} {
		w.want(200, call("GET", path, ""))
	}
	for _, path := range []string{project + "/changes", "/catcher"} {
		w.want(200, call("GET", path, "", "Authorization", "Bearer "+w.tokens[console.Admin]))
	}
	for _, do := range []string{"preview", "test"} {
		w.want(200, call("POST", at+"/try", url.Values{"do": {do}, "sample": {v.Get("sample")}}.Encode(), form...))
	}
}

// hookctl runs the commands that print definitions, on a file with the secrets in it.
func (w *world) hookctl(t *testing.T, seen map[string]string, program, id, full string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"good.json": strings.ReplaceAll(full, "-header", "-header3"), "cut.json": full[:len(full)-1], "bad.json": strings.Replace(full, `"method":"POST"`, `"method":"FETCH"`, 1),
		"step.json":      `{"user":{"email":"pat@example.com"}}`,
		"good_test.json": `{"cases":[{"name":"differs","step":{"user":{"email":"pat@example.com"}},"expect":{"method":"GET","headers":{"X-Api-Key":"other","Authorization":"other"}}}]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range []string{
		"apply -f good.json --dry-run", "apply -f good.json", "apply -f cut.json", "apply -f bad.json", "validate good.json", "validate cut.json", "validate bad.json", "test good.json",
		"get acme/" + id, "get acme/" + id + " -o json", "list acme", "list acme -o yaml", "history acme/" + id, "history acme/" + id + " -o json",
		"copy acme/" + id + " acme/" + id + "-c2", "preview acme/" + id + " -f step.json", "try acme/" + id + " -f step.json -o json", "audit acme", "audit acme -o json", "tokens list -o json",
	} {
		cmd := exec.Command(program, strings.Fields(args)...)
		cmd.Dir = dir
		cmd.Env = []string{"JOURNEYHOOK_NATS_URL=" + w.config.NATSURL, "JOURNEYHOOK_SECRET_KEYS=" + w.config.SecretKeys[0], "JOURNEYHOOK_EGRESS_ALLOW_HTTP=true", "JOURNEYHOOK_EGRESS_ALLOW=127.0.0.0/8", "JOURNEYHOOK_REDIS_URL=redis://127.0.0.1:1/0"}
		out, _ := cmd.CombinedOutput() // some are refused, which is another output to look at
		if len(out) == 0 {
			t.Errorf("hookctl %s printed nothing", args)
		}
		seen["hookctl "+args] = string(out)
	}
}

// stored is everything in the server, as it is stored.
func (w *world) stored(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for info := range w.js.ListStreams(t.Context()).Info() {
		stream, err := w.js.Stream(t.Context(), info.Config.Name)
		if err != nil {
			t.Fatal(err)
		}
		for seq := info.State.FirstSeq; seq <= info.State.LastSeq && info.State.Msgs > 0; seq++ {
			msg, err := stream.GetMsg(t.Context(), seq)
			if err != nil {
				continue // replaced by a newer one
			}
			all[fmt.Sprintf("%s %d", info.Config.Name, seq)] = string(msg.Data)
		}
	}
	var audit []string
	for name := range all {
		if strings.HasPrefix(name, w.names.Audit()) {
			audit = append(audit, name)
		}
	}
	if len(audit) < 10 || !json.Valid([]byte(all[audit[0]])) {
		t.Errorf("%d audit records", len(audit))
	}
	return all
}
