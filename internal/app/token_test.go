package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/internal/busiest"
	"github.com/journeyhook/journeyhook/schema"
)

func (w *world) oauth(h *schema.Webhook) {
	h.Auth = schema.Auth{Type: schema.AuthOAuth2, ClientID: "crm", ClientSecret: schema.NewSecret("s3cret&more"), TokenURL: w.tokens.URL + "/token"}
}

// Four workers meet 800 steps of a webhook nobody has a token for: one token request. The token is
// revoked: one more.
func TestOneTokenRequestForAllWorkers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save("orders", "POST", "/secured/orders", w.oauth)
	var workers []*runningWorker
	for range 4 {
		workers = append(workers, w.run())
	}
	// A worker that Redis does not answer within half a second, on a busy machine, asks for itself.
	alone := func() (n int) {
		for _, r := range workers {
			n += strings.Count(r.logs.String(), "Redis can't be used")
		}
		return n
	}
	burst := func(from int) {
		var all []schema.Step
		for i := range 800 {
			all = append(all, step(fmt.Sprint(from+i), "orders"))
		}
		w.send(all...)
	}
	burst(0)
	w.results(800, 30*time.Second)
	if n := w.tokens.Requests(); n < 1 || n > 1+alone() {
		t.Errorf("B20: %d token requests for a cold start, want 1", n)
	}
	if got, want := w.tokens.Bodies()[0], "client_id=crm&client_secret=s3cret%26more&grant_type=client_credentials"; got != want {
		t.Errorf("B18: %s, want %s", got, want)
	}
	w.tokens.RevokeAll()
	burst(800)
	for id, r := range w.results(1600, 30*time.Second) {
		if r.Outcome != schema.Continue || r.Attempts != 1 {
			t.Errorf("step %s: %+v", id, r)
		}
	}
	if n := w.tokens.Requests(); n < 2 || n > 2+alone() {
		t.Errorf("B22: %d token requests after a revocation, want 2", n)
	}
}

// Whatever a token server does instead of giving a token: the user exits, and the detail says why.
func TestBadTokenServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var behave atomic.Value
	w.tokens.Behave = func(rw http.ResponseWriter, r *http.Request) bool {
		behave.Load().(http.HandlerFunc)(rw, r)
		return true
	}
	w.run()
	say := func(status int, body string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(status)
			_, _ = rw.Write([]byte(body))
		}
	}
	n := 0
	for name, answer := range map[string]http.HandlerFunc{
		"HTML":            say(200, "<html>log in</html>"),
		"200 without one": say(200, `{"token":"x"}`),
		"an empty one":    say(200, `{"access_token":""}`),
		"a number":        say(200, `{"access_token":7}`),
		"400":             say(400, `{"error":"invalid_client","error_description":"s3cret&more is wrong"}`),
		"a redirect":      func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/elsewhere", http.StatusFound) },
		"500":             say(500, "broken"),
	} {
		n++
		behave.Store(answer)
		id := fmt.Sprint("bad", n)
		w.save(id, "POST", "/secured/x", w.oauth, func(h *schema.Webhook) { h.Auth.Scope = id })
		w.send(step(id, id))
		r := w.results(n, 20*time.Second)[id]
		if r.Outcome != schema.Exit || r.Reason != schema.ReasonTokenFailed || r.Attempts != 1 || r.Status != 0 || r.Detail == "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if calls := w.endpoint.Count(); calls != 0 {
		t.Errorf("the endpoint was called %d times without a token", calls)
	}
}

func TestNobodyExitsBecauseRedisIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redisURL = fmt.Sprintf("redis://127.0.0.1:%d/0", freePort(t))
	w.save("orders", "POST", "/secured/orders", w.oauth)
	w.run()
	w.send(step("1", "orders"), step("2", "orders"))
	for id, r := range w.results(2, 20*time.Second) {
		if r.Outcome != schema.Continue {
			t.Errorf("step %s: %+v", id, r)
		}
	}
}

// A call with a new token is a call like any other to who limited the webhook's calls, on one worker and on many.
func TestARateCountsCallsWithNewTokens(t *testing.T) {
	t.Parallel()
	const rate, attempts, calls = 4, 3, 12
	w := newWorld(t)
	w.save("orders", "POST", "/secured/orders", w.oauth, func(h *schema.Webhook) { h.Limits.Rate = rate })
	w.endpoint.Valid = func(string) bool { return false }
	w.run()
	w.run()
	var all []schema.Step
	for i := range attempts {
		all = append(all, step(fmt.Sprint(i), "orders"))
	}
	w.send(all...)
	for id, r := range w.results(attempts, 30*time.Second) {
		if r.Reason != schema.ReasonUnauthorized {
			t.Errorf("step %s: %+v", id, r)
		}
	}
	var at []time.Time
	for _, call := range w.endpoint.Calls() {
		at = append(at, call.At)
	}
	if len(at) != calls {
		t.Errorf("%d calls, want %d", len(at), calls)
	}
	if most := busiest.Second(at); most > rate+1 { // one that is some milliseconds late falls into the next second
		t.Errorf("%d calls within a second, the limit is %d", most, rate)
	}
}
