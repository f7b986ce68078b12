package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/internal/app"
)

// A copy that lacks something is paused, and whoever made it is told what to fill in (C47).
func TestACopySaysWhatItLacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Console) { c.Access = "none" })
	w.create("all", everything(w), func(d map[string]any) { d["state"] = "active" })
	w.create("bare")

	var saved console.Saved
	a := w.want(http.StatusCreated, w.call("POST", hooks+"/all/copy", `{"id":"all-copy"}`))
	if err := json.Unmarshal([]byte(a.body), &saved); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(saved.Missing, "; "); got != "auth; headers[1].value (X-Api-Key); signing.secrets" {
		t.Errorf("missing: %s", got)
	}
	if got := strings.Join(saved.Warnings, "; "); !strings.Contains(got, "paused") || !strings.Contains(got, "X-Api-Key") {
		t.Errorf("warnings: %s", got)
	}
	for id, want := range map[string]string{"all-copy": `"state":"paused"`, "all": `"state":"active"`} {
		if a := w.want(200, w.call("GET", hooks+"/"+id, "")); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s", id, a.body)
		}
	}
	if a := w.want(http.StatusCreated, w.call("POST", hooks+"/bare/copy", `{"id":"bare-copy"}`)); strings.Contains(a.body, "missing") || strings.Contains(a.body, "paused") {
		t.Errorf("a copy that lacks nothing: %s", a.body)
	}

	for id, want := range map[string]string{
		"all":  "Copied. It is paused. Fill in its authentication and the values of its secret headers and its signing secrets, save, and resume it.",
		"bare": "Copied.</p>",
	} {
		to := w.want(http.StatusSeeOther, w.page("POST", "/projects/acme/webhooks/"+id+"/copy", map[string][]string{"id": {id + "-page"}})).header.Get("Location")
		if page := w.want(200, w.page("GET", to, nil)).body; !strings.Contains(page, want) {
			t.Errorf("%s: %s does not say %q", id, to, want)
		}
	}
}
