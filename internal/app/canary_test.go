package app_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/schema"
)

// Secrets and personal data go through every failing path, to an endpoint that echoes all it gets, and
// must show up nowhere but on the wire to it (C37) and, for the email, in results.
func TestCanaries(t *testing.T) {
	t.Parallel()
	const (
		secret   = "c4nary-secret-0f9e"
		personal = "c4nary-person-7b1d"
	)
	w := newWorld(t)
	echo := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/500":
			rw.WriteHeader(http.StatusInternalServerError)
		case "/503":
			rw.WriteHeader(http.StatusServiceUnavailable)
		case "/401":
			rw.WriteHeader(http.StatusUnauthorized)
		case "/reset":
			panic(http.ErrAbortHandler)
		}
		for name, values := range r.Header {
			fmt.Fprintf(rw, "%s: %s\n", name, strings.TrimPrefix(values[0], "Bearer "))
		}
		_, _ = rw.Write(body)
	}))
	t.Cleanup(echo.Close)
	w.tokens.Behave = func(rw http.ResponseWriter, r *http.Request) bool {
		_ = r.ParseForm()
		if r.PostForm.Get("scope") == "refuse" {
			http.Error(rw, r.PostForm.Encode(), http.StatusBadRequest)
			return true
		}
		fmt.Fprintf(rw, `{"access_token":%q,"expires_in":3600}`, secret+"-token")
		return true
	}
	basic := func(h *schema.Webhook) {
		h.Auth = schema.Auth{Type: schema.AuthBasic, Token: schema.NewSecret(base64.StdEncoding.EncodeToString([]byte("user:" + secret)))}
		h.Headers = []schema.Header{{Name: "X-Api-Key", Value: schema.SecretValue(secret + "-header"), Secret: true},
			{Name: "X-Made", Value: schema.SecretValue(`c4nary{{lower "-SECRET"}}-made`), Secret: true},
			{Name: "X-Bearer", Value: schema.SecretValue("Bearer " + secret + "-bearer"), Secret: true}}
	}
	oauth := func(h *schema.Webhook) { w.oauth(h); h.Auth.ClientSecret = schema.NewSecret(secret + "-client") }
	refused := func(h *schema.Webhook) { oauth(h); h.Auth.Scope = "refuse" }
	at := func(url string) func(*schema.Webhook) { return func(h *schema.Webhook) { h.Endpoint = url } }
	hooks := map[string][]func(*schema.Webhook){
		"ok": {basic, at(echo.URL + "/ok?q={{nick}}")}, "failing": {basic, at(echo.URL + "/500?q={{nick}}")},
		"retried": {basic, oneSecond, at(echo.URL + "/503")}, "reset": {basic, oneSecond, at(echo.URL + "/reset?q={{{nick}}}")},
		"oauth": {oauth, at(echo.URL + "/401")}, "notoken": {refused, at(echo.URL + "/ok")},
		"badpath": {basic, at(echo.URL + "/{{nobody}}/{{nick}}")}, "badurl": {basic, at("https://{{nick}} x.example.com/"), func(h *schema.Webhook) { h.AllowDynamicHost = true }},
		"blocked": {basic, at("http://10.1.1.1/{{nick}}")}, "skip": {basic, func(h *schema.Webhook) { h.Body.JSON = `{"a":"{{skip "not wanted"}}"}` }},
		"profile": {basic, oneSecond, at(echo.URL + "/ok"), func(h *schema.Webhook) { h.Method = "GET" }},
	}
	running := w.run(func(c *app.Config) { c.LogLevel = "trace" })
	n := 0
	for id, edit := range hooks {
		w.save(id, "POST", "/", edit...)
		s := step("s-"+id, id)
		s.User.Email = personal + "@example.com"
		s.User.Profile = []byte(`{"nick":"` + personal + `-nick"}`)
		s.Trigger.DataFields = []byte(`{"phone":"` + personal + `-phone"}`)
		if id == "profile" {
			s.Tile.Type = schema.UserProfile
		}
		w.send(s)
		n++
	}
	for _, text := range []string{`{"id":"` + personal + `"`, `{"id":"bad","projectId":"acme","user":{"email":["` + personal + `"]}}`} {
		if _, err := w.js.Publish(t.Context(), w.names.StepSubject("acme", "ok"), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	results := w.results(n+1, 60*time.Second)
	for id, want := range map[string]schema.Reason{
		"ok": schema.ReasonDelivered, "failing": schema.ReasonStatus, "retried": schema.ReasonRetriesExhausted, "reset": schema.ReasonRetriesExhausted,
		"oauth": schema.ReasonUnauthorized, "notoken": schema.ReasonTokenFailed, "badpath": schema.ReasonRenderFailed, "badurl": schema.ReasonInvalidURL,
		"blocked": schema.ReasonBlockedAddress, "skip": schema.ReasonSkipped, "profile": schema.ReasonRetriesExhausted,
	} {
		if got := results["s-"+id].Reason; got != want {
			t.Errorf("%s ended %s, want %s: %s", id, got, want, results["s-"+id].Detail)
		}
	}
	places := map[string]string{"metrics": get(t, running.admin, "/metrics"), "readyz": get(t, running.admin, "/readyz")}
	running.stop()
	places["logs"] = running.logs.String()
	for _, stream := range []string{w.names.Attempts(), w.names.Notifications(), w.names.Results(), w.names.Profiles()} {
		places[stream] = string(joined(w.read(stream)))
	}
	for place, text := range places {
		if strings.Contains(text, "c4nary-secret") || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte("user:"+secret))) {
			t.Errorf("%s shows a secret:\n%s", place, around(text, "c4nary-secret"))
		}
		if place != w.names.Results() && strings.Contains(text, "c4nary-person") {
			t.Errorf("%s shows personal data:\n%s", place, around(text, "c4nary-person"))
		}
	}
	for _, msg := range w.read(w.names.Results()) {
		if strings.Contains(string(msg), personal+"-") {
			t.Errorf("a result shows profile or trigger data: %s", msg)
		}
	}
}

func joined(all [][]byte) []byte {
	var out []byte
	for _, m := range all {
		out = append(append(out, m...), '\n')
	}
	return out
}

func around(text, what string) string {
	at := strings.Index(text, what)
	return text[max(at-300, 0):min(at+100, len(text))]
}

func get(t *testing.T, addr, path string) string {
	t.Helper()
	resp, err := http.Get("http://" + addr + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
