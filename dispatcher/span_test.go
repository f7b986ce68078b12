package dispatcher_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/schema"
)

// traced is a dispatcher whose spans are kept.
func traced(t *testing.T) (*dispatcher.Dispatcher, *tracetest.SpanRecorder) {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	d := newDispatcher(t)
	d.Tracer = trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("test")
	return d, spans
}

// With tracing on, an attempt is a span in the step's trace and the call names it as its parent.
func TestAnAttemptIsASpanOfTheStepsTrace(t *testing.T) {
	t.Parallel()
	d, spans := traced(t)
	w := listen(t, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNotFound) })
	s := step("pat@example.com", pat, "")
	s.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	expect(t, d.Dispatch(t.Context(), webhook("POST", w.URL+"/{{firstName}}"), s), schema.Refused, schema.ReasonStatus, 404)
	ended := spans.Ended()
	if len(ended) != 1 {
		t.Fatalf("%d spans", len(ended))
	}
	span := ended[0]
	if span.SpanContext().TraceID().String() != "0af7651916cd43dd8448eb211c80319c" || span.Parent().SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("span %v with parent %v", span.SpanContext(), span.Parent())
	}
	if got, want := w.only(t).header.Get("Traceparent"), "00-0af7651916cd43dd8448eb211c80319c-"+span.SpanContext().SpanID().String()+"-01"; got != want {
		t.Errorf("traceparent %s, want %s", got, want)
	}
	for _, a := range span.Attributes() {
		if strings.Contains(a.Value.Emit(), "Pat") || strings.Contains(a.Value.Emit(), "pat@") {
			t.Errorf("%s shows personal data", a.Key)
		}
	}
}

// Spans keep to OpenTelemetry's conventions for HTTP clients.
func TestSpansKeepToTheConventions(t *testing.T) {
	t.Parallel()
	w := listen(t, func(rw http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		rw.WriteHeader(status)
	})
	_, port, _ := strings.Cut(strings.TrimPrefix(w.URL, "http://"), ":")
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, c := range map[string]struct {
		method, endpoint string
		edit             func(*schema.Webhook)
		step             *schema.Step
		want             map[string]string
		status           codes.Code
	}{
		"delivered": {"POST", w.URL + "/200?q={{firstName}}", nil, step("a@x.com", pat, ""), map[string]string{
			"server.address": "127.0.0.1", "server.port": port, "url.full": w.URL + "/200?q=…", "http.response.status_code": "200",
		}, codes.Unset},
		"refused": {"PUT", w.URL + "/404", nil, step("a@x.com", "", ""), map[string]string{
			"server.address": "127.0.0.1", "server.port": port, "url.full": w.URL + "/404", "http.response.status_code": "404", "error.type": "404",
		}, codes.Error},
		"a status that is no success here": {"PATCH", w.URL + "/204", nil, step("a@x.com", "", ""), map[string]string{
			"server.address": "127.0.0.1", "server.port": port, "url.full": w.URL + "/204", "http.response.status_code": "204", "error.type": "204",
		}, codes.Error},
		"an answer that is no JSON": {"GET", w.URL + "/200", nil, profileTile(step("a@x.com", "", "")), map[string]string{
			"server.address": "127.0.0.1", "server.port": port, "url.full": w.URL + "/200?email=…", "http.response.status_code": "200", "error.type": "unparsable_body",
		}, codes.Error},
		"no connection": {"DELETE", closed.URL + "/", nil, step("a@x.com", "", ""), map[string]string{
			"server.address": "127.0.0.1", "server.port": closed.URL[len("http://127.0.0.1:"):], "url.full": closed.URL + "/", "error.type": "connection",
		}, codes.Error},
		"a usual port": {"GET", "https://localhost/x", nil, step("a@x.com", "", ""), map[string]string{
			"server.address": "localhost", "server.port": "443", "url.full": "https://localhost/x", "error.type": "connection",
		}, codes.Error},
		"an address in brackets": {"GET", "http://[::2]/x", nil, step("a@x.com", "", ""), map[string]string{
			"server.address": "::2", "server.port": "80", "url.full": "http://[::2]/x", "error.type": "blocked_address",
		}, codes.Error},
		"a host that data made": {"GET", "https://{{q}}.invalid:8443/", func(w *schema.Webhook) { w.AllowDynamicHost = true }, step("a@x.com", `{"q":"secret"}`, ""), map[string]string{
			"server.address": "….invalid", "server.port": "8443", "url.full": "https://….invalid:8443/", "error.type": "connection",
		}, codes.Error},
		"no call": {"POST", w.URL + "/{{nobody}}", nil, step("a@x.com", "", ""), map[string]string{"error.type": "render_failed"}, codes.Error},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, spans := traced(t)
			edit := func(*schema.Webhook) {}
			if c.edit != nil {
				edit = c.edit
			}
			d.Dispatch(t.Context(), webhook(c.method, c.endpoint, edit), c.step)
			ended := spans.Ended()
			if len(ended) != 1 || ended[0].Name() != c.method || ended[0].SpanKind() != oteltrace.SpanKindClient || ended[0].Status().Code != c.status {
				t.Fatalf("%v", ended)
			}
			got := map[string]string{}
			for _, a := range ended[0].Attributes() {
				if !strings.HasPrefix(string(a.Key), "journeyhook.") {
					got[string(a.Key)] = a.Value.Emit()
				}
			}
			c.want["http.request.method"] = c.method
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// C53: with tracing on, the provider decides whether a step without a trace is sampled; its trace is one all the same.
func TestTheAttemptsOfAStepWithoutATraceAreOneTrace(t *testing.T) {
	t.Parallel()
	for flags, sampler := range map[string]trace.Sampler{"-01": trace.AlwaysSample(), "-00": trace.NeverSample()} {
		d := newDispatcher(t)
		d.Tracer = trace.NewTracerProvider(trace.WithSampler(trace.ParentBased(sampler)), trace.WithIDGenerator(dispatcher.TraceIDs{})).Tracer("test")
		w := listen(t, nil)
		s := step("pat@example.com", "", "")
		for range 2 {
			d.Dispatch(t.Context(), webhook("POST", w.URL), s)
			s.Traceparent = schema.DerivedTraceparent(s.Key()) // as the worker reads it
		}
		first, second := w.seen()[0].header.Get("Traceparent"), w.seen()[1].header.Get("Traceparent")
		if first[:35] != s.Traceparent[:35] || second[:35] != first[:35] || second == first || first[52:] != flags || second[52:] != flags {
			t.Errorf("%s, then %s; flags %s", first, second, flags)
		}
	}
}

// C53: the flags are bits, and the state goes along.
func TestASpanTakesOverFlagsAndState(t *testing.T) {
	t.Parallel()
	d, spans := traced(t)
	w := listen(t, nil)
	s := step("pat@example.com", "", "")
	s.Traceparent, s.Tracestate = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", "vendor=1"
	d.Dispatch(t.Context(), webhook("POST", w.URL), s)
	if n := len(spans.Ended()); n != 1 {
		t.Fatalf("%d spans of a sampled trace", n)
	}
	h := w.only(t).header
	if tp := h.Get("Traceparent"); !strings.HasSuffix(tp, "-"+spans.Ended()[0].SpanContext().SpanID().String()+"-03") || h.Get("Tracestate") != "vendor=1" {
		t.Errorf("%s %s", tp, h.Get("Tracestate"))
	}
}
