package dispatcher_test

import (
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/schema"
)

// With tracing on, an attempt is a span in the step's trace and the call names it as its parent.
func TestAnAttemptIsASpanOfTheStepsTrace(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	d := newDispatcher(t)
	d.Tracer = trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("test")
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
	spans := tracetest.NewSpanRecorder()
	d := newDispatcher(t)
	d.Tracer = trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("test")
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
