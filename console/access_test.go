package console_test

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/internal/app"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("crm")
	other := w.token(console.Admin, "other")
	expired, short, err := w.ops.CreateToken(t.Context(), operator, console.Token{Name: "short", Role: console.Viewer, ExpiresAt: time.Now().Add(-time.Second)})
	if err != nil || expired.ID == "" {
		t.Fatal(err)
	}
	forged := w.tokens[console.Admin][:len(w.tokens[console.Admin])-1] + "A"
	if forged == w.tokens[console.Admin] {
		forged = forged[:len(forged)-1] + "B"
	}
	for name, c := range map[string]struct {
		token, method, path, body string
		status                    int
	}{
		"nobody":                               {"", "GET", hooks, "", 401},
		"a token that is none":                 {"Bearer nonsense", "GET", hooks, "", 401},
		"a token with another secret":          {"Bearer " + forged, "GET", hooks, "", 401},
		"an expired one":                       {"Bearer " + short, "GET", hooks, "", 401},
		"basic authentication":                 {"Basic abc", "GET", hooks, "", 401},
		"a viewer reads":                       {"Bearer " + w.tokens[console.Viewer], "GET", hooks, "", 200},
		"a viewer previews":                    {"Bearer " + w.tokens[console.Viewer], "POST", hooks + "/crm/preview", `{"step":{"user":{"email":"a@b.co"}}}`, 200},
		"a viewer may not send":                {"Bearer " + w.tokens[console.Viewer], "POST", hooks + "/crm/test", `{"step":{"user":{"email":"a@b.co"}}}`, 403},
		"a viewer may not write":               {"Bearer " + w.tokens[console.Viewer], "POST", hooks + "/crm/pause", "", 403},
		"a viewer may not delete":              {"Bearer " + w.tokens[console.Viewer], "DELETE", hooks + "/crm", "", 403},
		"an editor may not read who did what":  {"Bearer " + w.tokens[console.Editor], "GET", "/api/v1/projects/acme/audit", "", 403},
		"an admin may":                         {"Bearer " + w.tokens[console.Admin], "GET", "/api/v1/projects/acme/audit", "", 200},
		"another project's admin may not read": {"Bearer " + other, "GET", hooks + "/crm", "", 403},
		"nor follow":                           {"Bearer " + other, "GET", "/api/v1/projects/acme/attempts/stream", "", 403},
	} {
		if a := w.call(c.method, c.path, c.body, "Authorization", c.token); a.status != c.status {
			t.Errorf("%s: status %d, want %d: %s", name, a.status, c.status, a.body)
		}
	}
	if got := w.call("GET", "/api/v1/projects", "", "Authorization", "Bearer "+other).body; strings.Contains(got, "acme") {
		t.Errorf("the other project's admin sees %s", got)
	}

	// What is stored does not hold the token, and a revoked one is refused at once.
	kv, err := w.js.KeyValue(t.Context(), w.names.TokensBucket())
	if err != nil {
		t.Fatal(err)
	}
	id, secret, _ := strings.Cut(strings.TrimPrefix(other, "jhk_"), "_")
	entry, err := kv.Get(t.Context(), id)
	if err != nil || strings.Contains(string(entry.Value()), secret) {
		t.Errorf("the stored token: %s, %v", entry.Value(), err)
	}
	if err := w.ops.RevokeToken(t.Context(), operator, id); err != nil {
		t.Fatal(err)
	}
	if a := w.call("GET", "/api/v1/me", "", "Authorization", "Bearer "+other); a.status != 401 {
		t.Errorf("a revoked token: status %d", a.status)
	}
}

func (w *world) login(token string) *http.Response {
	w.t.Helper()
	resp, err := w.client.PostForm(w.base+"/login", url.Values{"token": {token}})
	if err != nil {
		w.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return resp
}

func TestSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("crm")
	text := w.token(console.Editor)
	resp := w.login(text)
	if resp.StatusCode != http.StatusSeeOther || len(resp.Cookies()) != 1 {
		t.Fatalf("login: %d, %v", resp.StatusCode, resp.Cookies())
	}
	cookie := resp.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Secure || strings.Contains(cookie.Value, text) {
		t.Errorf("cookie: %s", cookie)
	}
	as := func(value string) int {
		return w.call("GET", hooks+"/crm", "", "Authorization", "", "Cookie", cookie.Name+"="+value).status
	}
	if got := as(cookie.Value); got != 200 {
		t.Errorf("with the cookie: %d", got)
	}
	payload, _, _ := strings.Cut(cookie.Value, ".")
	for name, value := range map[string]string{"unsigned": payload, "another signature": payload + ".AAAA", "nothing": "", "another payload": "e30" + strings.TrimPrefix(cookie.Value, payload)} {
		if got := as(value); got != 401 {
			t.Errorf("%s: %d", name, got)
		}
	}
	// A page of another site can't use it; the console's own can.
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"another site":            {[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		"another origin":          {[]string{"Origin", "https://evil.example"}, 403},
		"the console's own page":  {[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		"its own, an old browser": {[]string{"Origin", w.base}, 200},
	} {
		headers := append([]string{"Authorization", "", "Cookie", cookie.Name + "=" + cookie.Value}, c.headers...)
		if a := w.call("POST", hooks+"/crm/pause", "", headers...); a.status != c.status {
			t.Errorf("%s: %d, want %d: %s", name, a.status, c.status, a.body)
		}
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(text, "jhk_"), "_")
	if err := w.ops.RevokeToken(t.Context(), operator, id); err != nil {
		t.Fatal(err)
	}
	if got := as(cookie.Value); got != 401 {
		t.Errorf("after its token was revoked: %d", got)
	}
	if page, err := w.client.Get(w.base + "/"); err != nil || page.StatusCode != http.StatusSeeOther || page.Header.Get("Location") != "/login" { // "/" is where a login leads
		t.Errorf("a page for nobody: %v %v", page, err)
	} else {
		page.Body.Close()
		if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("policy %q", csp)
		}
	}
}

func TestALoginLeadsToThePageThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := w.call("GET", "/projects/acme/steps?q=s1", "", "Authorization", "")
	if to := asked.header.Get("Location"); to != "/login?to=%2Fprojects%2Facme%2Fsteps%3Fq%3Ds1" {
		t.Errorf("a page for nobody leads to %q", to)
	}
	if form := w.call("GET", asked.header.Get("Location"), "", "Authorization", ""); !strings.Contains(form.body, `name="to" value="/projects/acme/steps?q=s1"`) {
		t.Errorf("the login page: %s", form.body)
	}
	for to, want := range map[string]string{
		"/projects/acme/steps?q=s1": "/projects/acme/steps?q=s1", "": "/",
		"//evil.example/": "/", "https://evil.example/": "/", `/\evil.example`: "/", "javascript:alert(1)": "/", "/\t/evil.example": "/",
	} {
		resp, err := w.client.PostForm(w.base+"/login", url.Values{"token": {w.tokens[console.Viewer]}, "to": {to}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Location"); got != want {
			t.Errorf("a login from %q leads to %q, want %q", to, got, want)
		}
	}
	told := w.call("POST", "/projects/acme/new", "", "Authorization", "", "Accept", "application/json")
	if told.status != http.StatusUnauthorized || !strings.Contains(told.body, "another tab") {
		t.Errorf("a page's script is told: %d %s", told.status, told.body)
	}
}

func TestSecureCookiesBehindHTTPS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.URL = "https://hooks.example.com" })
	cookie := w.login(w.tokens[console.Viewer]).Cookies()[0]
	if !cookie.Secure || cookie.Name != "__Host-journeyhook" {
		t.Errorf("cookie: %s", cookie)
	}
}

func TestLoginIsLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	last := 0
	for range 12 {
		last = w.login("jhk_000000000000_nonsense").StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the twelfth wrong login in a row: %d", last)
	}
	if a := w.call("GET", "/api/v1/me", "", "Authorization", "Bearer jhk_x"); a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("a wrong token after that: %d", a.status)
	}
	if a := w.login(w.tokens[console.Viewer]); a.StatusCode != http.StatusSeeOther {
		t.Errorf("a login with a token after that: %d", a.StatusCode)
	}
	w.want(200, w.call("GET", "/api/v1/me", "")) // who has one is not shut out by who has none
}

func TestRequestsAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Rate = 1 })
	refused := 0
	for range 10 {
		if w.call("GET", "/api/v1/me", "").status == 429 {
			refused++
		}
	}
	if refused < 5 {
		t.Errorf("%d of 10 requests were refused at one a second", refused)
	}
}

func TestTrustedProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access, c.TrustedProxy, c.ProxyRole = "proxy", []string{"127.0.0.1"}, "editor" })
	if a := w.want(200, w.call("GET", "/api/v1/me", "", "Authorization", "", "X-Forwarded-User", "pat")); a.json(t)["name"] != "pat" || a.json(t)["role"] != "editor" {
		t.Errorf("me: %s", a.body)
	}
	w.want(401, w.call("GET", "/api/v1/me", "", "Authorization", ""))
	w.want(200, w.call("GET", "/api/v1/me", ""))

	stranger := newWorld(t, func(c *app.Console) { c.Access, c.TrustedProxy, c.ProxyRole = "proxy", []string{"10.0.0.0/8"}, "admin" })
	for name, header := range map[string]string{"a password for the proxy": "Basic cGF0OnBhdA==", "a token of another system": "Bearer eyJhbGciOiJub25lIn0.e30."} {
		if a := w.want(200, w.call("GET", "/api/v1/me", "", "Authorization", header, "X-Forwarded-User", "pat")); a.json(t)["name"] != "pat" {
			t.Errorf("%s that the proxy passed on: %s", name, a.body)
		}
	}
	if a := w.want(200, w.call("GET", "/api/v1/me", "", "X-Forwarded-User", "pat")); a.json(t)["name"] == "pat" {
		t.Errorf("a token of ours, of a program behind the proxy: %s", a.body)
	}
	stranger.want(401, stranger.call("GET", "/api/v1/me", "", "Authorization", "", "X-Forwarded-User", "pat"))
}

func TestNoAccessControl(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	w.want(200, w.call("GET", "/api/v1/me", "", "Authorization", ""))
	req, err := http.NewRequest(http.MethodGet, w.base+"/api/v1/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example" // a name that was pointed at this machine
	resp, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("another host's name: %d", resp.StatusCode)
	}
	open := console.Access{Mode: console.ModeNone}
	for text, refused := range map[string]bool{"127.0.0.1:80": false, "[::1]:80": false, "0.0.0.0:80": true, "[::]:80": true, "10.0.0.1:80": true} {
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(text))
		if err := open.Refuse(addr); (err != nil) != refused {
			t.Errorf("%s without access control: %v", text, err)
		}
	}
	if err := (&console.Access{Mode: console.ModeToken}).Refuse(net.TCPAddrFromAddrPort(netip.MustParseAddrPort("0.0.0.0:80"))); err != nil {
		t.Error(err)
	}
}

// A stored token that can't be read lets nobody in, and stands in nobody's way.
func TestAnUnreadableTokenIsNoDeadEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bucket, err := w.js.KeyValue(t.Context(), w.names.TokensBucket())
	if err != nil {
		t.Fatal(err)
	}
	const id = "0123456789ab"
	for _, value := range []string{"", "see the wiki", "[]", "null", "{}", `{"id":7}`, `{"id":"ba9876543210","role":"admin"}`} {
		if _, err := bucket.PutString(t.Context(), id, value); err != nil {
			t.Fatal(err)
		}
		all, err := w.ops.Tokens.List(t.Context())
		if err != nil || len(all) != len(console.Roles)+1 || all[len(all)-1].ID != id || !strings.Contains(all[len(all)-1].Name, "revoke it") {
			t.Errorf("%q: %v, %v", value, all, err)
		}
		w.want(http.StatusUnauthorized, w.call("GET", "/api/v1/me", "", "Authorization", "Bearer jhk_"+id+"_x"))
		if err := w.ops.RevokeToken(t.Context(), operator, id); err != nil {
			t.Errorf("%q: %v", value, err)
		}
	}
}
