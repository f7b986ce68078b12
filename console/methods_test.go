package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// What an address does not take is said as HTTP says it, and never with a redirect to a page.
func TestAddressesAndMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("crm")
	for name, c := range map[string]struct {
		method, path string
		status       int
		allow        string
	}{
		"another method of one webhook":    {"POST", hooks + "/crm", 405, "DELETE, GET, HEAD, PATCH, PUT"},
		"another method of all":            {"POST", hooks, 405, "DELETE, GET, HEAD"},
		"another method of an action":      {"GET", hooks + "/crm/pause", 405, "POST"},
		"another method of a stream":       {"DELETE", "/api/v1/projects/acme/attempts/stream", 405, "GET, HEAD"},
		"another method of me":             {"PUT", "/api/v1/me", 405, "GET, HEAD"},
		"an empty segment before it all":   {"GET", "//api/v1/me", 404, ""},
		"a way round":                      {"GET", "/x/../api/v1/me", 404, ""},
		"another method of the document":   {"POST", "/api", 405, "GET, HEAD"},
		"another method of its one file":   {"DELETE", "/api/openapi.yaml", 405, "GET, HEAD"},
		"options":                          {"OPTIONS", hooks + "/crm", 405, "DELETE, GET, HEAD, PATCH, PUT"},
		"a head":                           {"HEAD", hooks + "/crm", 200, ""},
		"an empty project":                 {"GET", "/api/v1/projects//webhooks", 404, ""},
		"an empty webhook":                 {"GET", hooks + "//history", 404, ""},
		"an empty webhook at the end":      {"PUT", hooks + "/", 404, ""},
		"an empty segment at the front":    {"GET", "/api//v1/me", 404, ""},
		"a dot":                            {"GET", "/api/v1/./me", 404, ""},
		"two dots":                         {"GET", "/api/v1/projects/../me", 404, ""},
		"no slash at the end":              {"GET", "/api/v1", 404, ""},
		"an address that is none":          {"GET", "/api/v2/me", 404, ""},
		"a project that can't be one":      {"GET", "/api/v1/projects/a.b/webhooks", 404, ""},
		"a project of a slash":             {"GET", "/api/v1/projects/a%2Fb/webhooks", 404, ""},
		"a project of spaces":              {"GET", "/api/v1/projects/a%20b/webhooks/crm", 404, ""},
		"a project that is too long":       {"GET", "/api/v1/projects/" + strings.Repeat("a", 65) + "/webhooks", 404, ""},
		"a webhook that can't be one":      {"GET", hooks + "/a.b", 404, ""},
		"a project of somebody else":       {"GET", "/api/v1/projects/other/webhooks", 403, ""},
		"an action without a webhook's id": {"POST", "/api/v1/projects/acme/webhooks//pause", 404, ""},
	} {
		token := w.tokens["editor"]
		if c.status == 403 {
			token = w.token("viewer", "acme")
		}
		a := w.want(c.status, w.call(c.method, c.path, "", "Authorization", "Bearer "+token))
		if a.header.Get("Allow") != c.allow || c.status >= 400 && (a.problem() == "" || strings.Contains(a.body, "does not allow this") != (c.status == 403)) {
			t.Errorf("%s: Allow %q, %s", name, a.header.Get("Allow"), a.body)
		}
	}
	tag := w.want(200, w.call("GET", hooks+"/crm", "")).header.Get("ETag")
	for header, status := range map[string]int{
		tag: 304, "W/" + tag: 304, `"9999", ` + tag: 304, `"9999",W/` + tag + ` , "1"`: 304, "*": 304, `"9999"`: 200, strings.Trim(tag, `"`): 200, "": 200,
	} {
		w.want(status, w.call("GET", hooks+"/crm", "", "If-None-Match", header))
	}
	for _, body := range []string{"null", "{}", `{"revision":0}`, `{"revision":null}`} {
		if a := w.call("POST", hooks+"/crm/rollback", body, "If-Match", "*"); a.status != http.StatusNotFound || a.problem() != "forgotten" {
			t.Errorf("a rollback to %s: %d %s", body, a.status, a.body)
		}
	}
	if a := w.want(http.StatusUnprocessableEntity, w.call("PATCH", hooks+"/crm", `{"name":null}`, "If-Match", "*")); strings.Count(a.body, `"path":"name"`) != 1 {
		t.Errorf("a fault is told more than once: %s", a.body)
	}
	w.want(http.StatusUnprocessableEntity, w.call("PATCH", hooks+"/crm", `{"name":"\ud800"}`, "If-Match", "*"))
	if a := w.want(http.StatusUnauthorized, w.page("GET", "/api/v1/projects//webhooks", nil)); a.problem() != "unauthenticated" {
		t.Errorf("without a token: %s", a.body)
	}
}
