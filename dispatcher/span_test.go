package dispatcher_test

import (
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

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
