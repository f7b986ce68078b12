package dispatcher_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/schema"
)

// wire is an endpoint that keeps what it was sent.
type wire struct {
	*httptest.Server
	mu    sync.Mutex
	calls []seen
}

type seen struct {
	method, uri, body string
	header            http.Header
}

// listen starts an endpoint; a nil handler answers 200.
func listen(t *testing.T, answer http.HandlerFunc) *wire {
	t.Helper()
	w := &wire{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.mu.Lock()
		w.calls = append(w.calls, seen{r.Method, r.RequestURI, string(body), r.Header.Clone()})
		w.mu.Unlock()
		if answer != nil {
			answer(rw, r)
		}
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *wire) seen() []seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]seen(nil), w.calls...)
}

// only is the one call that came.
func (w *wire) only(t *testing.T) seen {
	t.Helper()
	calls := w.seen()
	if len(calls) != 1 {
		t.Fatalf("%d calls came, want 1: %+v", len(calls), calls)
	}
	return calls[0]
}

// newDispatcher may call loopback and plain http.
func newDispatcher(t *testing.T) *dispatcher.Dispatcher {
	t.Helper()
	tr, err := dispatcher.Egress{Allow: []string{"127.0.0.0/8", "::1"}}.Transport()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &dispatcher.Dispatcher{Transport: tr, AllowHTTP: true, Version: "test"}
}

func webhook(method, endpoint string, edit ...func(*schema.Webhook)) *schema.Webhook {
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name, w.Method, w.Endpoint = "acme", "crm", "CRM", method, endpoint
	w.Timeout = schema.Duration(time.Minute) // for a busy machine
	for _, e := range edit {
		e(w)
	}
	w.Normalize()
	return w
}

func body(b schema.Body) func(*schema.Webhook) {
	return func(w *schema.Webhook) {
		trigger := w.Body.IncludeTriggerData
		w.Body = b
		if w.Body.Type == "" {
			w.Body.Type = schema.BodyJSON
		}
		w.Body.IncludeTriggerData = trigger
	}
}

func noTriggerData(w *schema.Webhook) { w.Body.IncludeTriggerData = false }

func timeout(d time.Duration) func(*schema.Webhook) {
	return func(w *schema.Webhook) { w.Timeout = schema.Duration(d) }
}

func headers(all ...schema.Header) func(*schema.Webhook) {
	return func(w *schema.Webhook) { w.Headers = all }
}

func header(name, value string) schema.Header {
	return schema.Header{Name: name, Value: schema.PlainValue(value)}
}

// step is the contract's example; profile and dataFields are replaced when given.
func step(email, profile, dataFields string) *schema.Step {
	return &schema.Step{
		ID: "s1", ProjectID: "acme", WorkflowID: 12345, Tile: schema.Tile{ID: "7", Type: schema.CallWebhook}, WebhookID: "crm",
		User:      schema.User{Email: email, UserID: "u_1", Profile: raw(profile)},
		Trigger:   schema.Trigger{Type: "apiCall", DataFields: raw(dataFields)},
		ReachedAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
	}
}

func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

func profileTile(s *schema.Step) *schema.Step {
	s.Tile.Type = schema.UserProfile
	return s
}

func expect(t *testing.T, out schema.Outcome, verdict schema.Verdict, reason schema.Reason, status int) {
	t.Helper()
	if out.Verdict != verdict || out.Reason != reason || out.Status != status {
		t.Errorf("got verdict %d, %s, status %d (%s); want %d, %s, %d", out.Verdict, out.Reason, out.Status, out.Detail, verdict, reason, status)
	}
}

func contains(t *testing.T, what, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%s: %q does not contain %q", what, text, part)
	}
}
