package consumer_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/schema"
)

// C53: one step is one trace, from the engine over all attempts to the result, in whatever letter case its headers are.
func TestAStepIsOneTrace(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	calls := map[string][]http.Header{}
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		key := r.Header["Idempotency-Key"][0]
		if calls[key] = append(calls[key], r.Header.Clone()); len(calls[key]) == 1 {
			return answer(r, 503, "")
		}
		return answer(r, 200, `{"city":"Rome"}`)
	})
	b.hooks.set(hook("crm", func(w *schema.Webhook) { w.Method, w.Retry.Delay = "GET", schema.Duration(time.Second) }))
	const came = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"
	own := map[string]nats.Header{
		"canonical": {"Traceparent": {came}, "Tracestate": {"a=1"}, "Baggage": {"k=v"}},
		"small":     {"traceparent": {came}, "tracestate": {"a=1"}, "baggage": {"k=v"}},
		"none":      {"Other": {"x"}},
	}
	for id, header := range own {
		s := step(id, "crm")
		s.Tile.Type = schema.UserProfile
		b.publish(b.names.StepSubject("acme", "crm"), encode(t, s), header)
	}
	bad := nats.Header{"Traceparent": {came}}
	b.publish(b.names.StepSubject("acme", "crm"), []byte(`{"id":"bad","projectId":"acme"}`), bad)
	own["bad"] = bad
	b.results(4, 10*time.Second)
	mu.Lock()
	defer mu.Unlock()
	for id, state := range map[string]string{"canonical": "a=1", "small": "a=1", "none": ""} {
		trace := came[:35]
		if id == "none" {
			trace = schema.DerivedTraceparent("acme:none")[:35]
		}
		if n := len(calls["acme:"+id]); n != 2 {
			t.Fatalf("%s: %d calls", id, n)
		}
		for _, h := range calls["acme:"+id] {
			if tp := h.Get("Traceparent"); !strings.HasPrefix(tp, trace) || strings.HasSuffix(tp, "-03") != (id != "none") || h.Get("Tracestate") != state || (h.Get("Baggage") == "k=v") != (id != "none") {
				t.Errorf("%s: %s %v", id, tp, h)
			}
		}
	}
	for _, stream := range []string{b.names.Results(), b.names.Profiles()} {
		for _, msg := range b.all(stream) {
			_, id, _ := strings.Cut(msg.Header.Get("Nats-Msg-Id"), ":")
			want := own[id]
			if id == "none" {
				want = nats.Header{"traceparent": {schema.DerivedTraceparent("acme:none")}}
			}
			for name, values := range want {
				if got := msg.Header[name]; len(got) != 1 || got[0] != values[0] {
					t.Errorf("%s of %s: %s is %q, want %q", stream, id, name, got, values)
				}
			}
			for name := range msg.Header {
				if _, is := want[name]; !is && !strings.HasPrefix(name, "Nats-") {
					t.Errorf("%s of %s has %s, too", stream, id, name)
				}
			}
		}
	}
}
