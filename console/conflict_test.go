package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

// Every write that names a revision is refused when another was faster, and changes nothing then.
func TestConflicts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
	}{
		"create what exists":         {"PUT", "", w.definition("crm"), []string{"If-None-Match", "*"}, 412},
		"replace":                    {"PUT", "", w.definition("crm"), []string{"If-Match", "OLD"}, 412},
		"patch":                      {"PATCH", "", `{"name":"Lost"}`, []string{"If-Match", "OLD"}, 412},
		"delete":                     {"DELETE", "", "", []string{"If-Match", "OLD"}, 412},
		"pause":                      {"POST", "/pause", "", []string{"If-Match", "OLD"}, 412},
		"resume":                     {"POST", "/resume", "", []string{"If-Match", "OLD"}, 412},
		"roll back":                  {"POST", "/rollback", `{"revision":OWN}`, []string{"If-Match", "OLD"}, 412},
		"copy over one that exists":  {"POST", "/copy", `{"id":"taken"}`, nil, 409},
		"delete what tiles use":      {"DELETE", "?ifUnused=true", "", nil, 409},
		"patch without a revision":   {"PATCH", "", `{"name":"Lost"}`, nil, 428},
		"roll back without one":      {"POST", "/rollback", `{"revision":OWN}`, nil, 428},
		"roll back to what is gone":  {"POST", "/rollback", `{"revision":999999}`, []string{"If-Match", "*"}, 404},
		"roll back to another's one": {"POST", "/rollback", `{"revision":TAKEN}`, []string{"If-Match", "*"}, 404},
	} {
		for _, id := range []string{"crm", "taken"} {
			w.call("DELETE", hooks+"/"+id, "")
		}
		old := w.create("crm").header.Get("ETag")
		w.create("taken")
		now := w.want(200, w.call("PATCH", hooks+"/crm", `{"name":"The other one's"}`, "If-Match", old)).header.Get("ETag")
		kv, err := w.js.KeyValue(t.Context(), w.names.TilesBucket())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kv.PutString(t.Context(), "acme.crm.7.1", "{}"); err != nil {
			t.Fatal(err)
		}
		headers := strings.Split(strings.ReplaceAll(strings.Join(c.headers, "\n"), "OLD", old), "\n")
		if len(c.headers) == 0 {
			headers = nil
		}
		body := strings.NewReplacer("OWN", strings.Trim(old, `"`), "TAKEN", strings.Trim(w.call("GET", hooks+"/taken", "").header.Get("ETag"), `"`)).Replace(c.body)
		a := w.call(c.method, hooks+"/crm"+c.path, body, headers...)
		if a.status != c.status || a.problem() == "" {
			t.Errorf("%s: status %d, want %d: %s", name, a.status, c.status, a.body)
		}
		after := w.want(200, w.call("GET", hooks+"/crm", ""))
		if after.header.Get("ETag") != now || after.json(t)["name"] != "The other one's" {
			t.Errorf("%s: refused, and yet it is now %s", name, after.body)
		}
	}
}

// A thousand edits of one revision at once: one is made, the others are told, be it that the server had too
// much to do for a few of them.
func TestAThousandEditsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tag := w.create("crm").header.Get("ETag")
	var done, refused, failed atomic.Int64
	var winner atomic.Value
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			name := fmt.Sprintf("Edit %d", i)
			a, err := w.try("PATCH", hooks+"/crm", fmt.Sprintf(`{"name":%q}`, name), "If-Match", tag)
			switch {
			case err != nil:
				t.Error(err)
			case a.status == http.StatusOK:
				done.Add(1)
				winner.Store(name)
			case a.status == http.StatusPreconditionFailed:
				refused.Add(1)
			case a.status >= http.StatusInternalServerError:
				failed.Add(1)
			default:
				t.Errorf("status %d: %s", a.status, a.body)
			}
		})
	}
	wg.Wait()
	final := w.call("GET", hooks+"/crm", "").json(t)["name"]
	if done.Load() != 1 || refused.Load()+failed.Load() != 999 || failed.Load() > 100 || final != winner.Load() {
		t.Errorf("%d made, %d refused, %d failed; it is now %v, and the one made was %v", done.Load(), refused.Load(), failed.Load(), final, winner.Load())
	}
	if failed.Load() > 0 {
		t.Logf("%d failed: %s", failed.Load(), w.logs)
	}
}

// Editors read, change a field of their own, and write; refused ones do it again. What was answered with
// success is there at the next look, in the end, and in the audit records.
func TestNoEditIsLostSilently(t *testing.T) {
	t.Parallel()
	const editors, each = 5, 42
	w := newWorld(t)
	w.api = nil // other tests hold answers to their description
	w.create("crm", func(d map[string]any) {
		headers := make([]any, editors)
		for i := range headers {
			headers[i] = map[string]any{"name": fmt.Sprintf("X-Editor-%d", i), "value": "0"}
		}
		d["headers"] = headers
	})
	var done, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range editors {
		wg.Go(func() {
			for n := 1; n <= each; {
				read, err := w.try("GET", hooks+"/crm", "")
				if err != nil {
					t.Error(err)
					return
				}
				mine := strings.Replace(read.body, fmt.Sprintf(`{"name":"X-Editor-%d","value":"%d"}`, i, n-1), fmt.Sprintf(`{"name":"X-Editor-%d","value":"%d"}`, i, n), 1)
				if mine == read.body {
					t.Errorf("editor %d: edit %d was answered with success and is lost", i, n-1)
					return
				}
				method := "PATCH" // of all headers: written over a newer revision it would undo the others' edits as PUT would
				if i%2 == 0 {
					method = "PUT"
				}
				a, err := w.try(method, hooks+"/crm", mine, "If-Match", read.header.Get("ETag"))
				switch {
				case err != nil:
					t.Error(err)
					return
				case a.status == http.StatusOK:
					done.Add(1)
					n++
				case a.status == http.StatusPreconditionFailed:
					refused.Add(1)
				default:
					t.Errorf("editor %d: status %d: %s", i, a.status, a.body)
					return
				}
			}
		})
	}
	wg.Wait()
	final := w.want(200, w.call("GET", hooks+"/crm", ""))
	if n := strings.Count(final.body, fmt.Sprintf(`"value":"%d"`, each)); n != editors || done.Load() != editors*each {
		t.Errorf("%d of %d editors' last edits are there, %d edits were answered with success", n, editors, done.Load())
	}
	changes, more, err := w.ops.Changes(t.Context(), "acme", console.ChangesQuery{Webhook: "crm", Limit: 200})
	if err != nil || len(changes) != 200 || !more {
		t.Errorf("%d audit records on one page: %v", len(changes), err)
	}
	stream, err := w.js.Stream(t.Context(), w.names.Audit())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := stream.CachedInfo().State.Msgs, uint64(editors*each+1+len(console.Roles)); got != want {
		t.Errorf("%d audit records, want %d", got, want)
	}
	t.Logf("%d edits, %d refused and repeated", done.Load(), refused.Load())
}

// Patches of different fields without a revision keep each other's.
func TestPatchesWithoutARevisionKeepEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("crm")
	patches := []string{`{"name":"New"}`, `{"method":"PUT"}`, `{"timeout":"5s"}`, `{"retry":{"max":1}}`, `{"limits":{"concurrency":3}}`, `{"body":{"json":"{}"}}`}
	var wg sync.WaitGroup
	for _, patch := range patches {
		wg.Go(func() {
			if a, err := w.try("PATCH", hooks+"/crm", patch, "If-Match", "*"); err != nil || a.status != http.StatusOK {
				t.Errorf("%s: %v %s", patch, err, a.body)
			}
		})
	}
	wg.Wait()
	body := w.call("GET", hooks+"/crm", "").body
	for _, want := range []string{`"name":"New"`, `"method":"PUT"`, `"timeout":"5s"`, `"max":1`, `"concurrency":3`, `"json":"{}"`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is lost: %s", want, body)
		}
	}
}

// Of two who acknowledge at once the later time holds: nobody opens again what another one saw to.
func TestAcknowledgementsKeepTheLatest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const id = "crm.webhook_failing.status"
	began := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			upTo := began.Add(time.Duration(i) * time.Minute)
			a, err := w.try("POST", "/api/v1/projects/acme/notifications/"+id+"/acknowledge?upTo="+upTo.Format(time.RFC3339), "")
			if err != nil || a.status != http.StatusOK {
				t.Errorf("%v %s", err, a.body)
			}
		})
	}
	wg.Wait()
	latest := began.Add(19 * time.Minute)
	w.publish(w.names.NotificationSubject("acme"), schema.Notification{ProjectID: "acme", WebhookID: "crm", Kind: schema.KindWebhookFailing, Reason: schema.ReasonStatus, Count: 1, FirstAt: began, LastAt: latest})
	if open := w.want(200, w.call("GET", "/api/v1/projects/acme/notifications?open=true", "")).json(t)["items"].([]any); len(open) != 0 {
		t.Errorf("an earlier acknowledgement took the place of a later one: %v", open)
	}
	w.publish(w.names.NotificationSubject("acme"), schema.Notification{ProjectID: "acme", WebhookID: "crm", Kind: schema.KindWebhookFailing, Reason: schema.ReasonStatus, Count: 1, FirstAt: began, LastAt: latest.Add(time.Second)})
	if open := w.want(200, w.call("GET", "/api/v1/projects/acme/notifications?open=true", "")).json(t)["items"].([]any); len(open) != 1 {
		t.Errorf("what came later is not new: %v", open)
	}
}
