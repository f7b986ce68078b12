package dispatcher

import (
	"cmp"
	"context"
	"net/url"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/journeyhook/journeyhook/schema"
)

// startSpan begins an attempt's span in the step's trace. Without a Tracer it does nothing. Spans are those of an HTTP client by
// OpenTelemetry's conventions, with the URL as logs show it.
func (d *Dispatcher) startSpan(ctx context.Context, w *schema.Webhook, s *schema.Step) (context.Context, trace.Span) {
	if d.Tracer == nil {
		return ctx, trace.SpanFromContext(ctx)
	}
	return d.Tracer.Start(withParent(ctx, s), w.Method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("journeyhook.project", w.Project), attribute.String("journeyhook.webhook", w.ID),
		attribute.String("journeyhook.step", s.ID), semconv.HTTPRequestMethodKey.String(w.Method),
	))
}

// withParent makes the step's own trace the one that spans join, or begin.
func withParent(ctx context.Context, s *schema.Step) context.Context {
	t := traceOf(s)
	traceID, _ := trace.TraceIDFromHex(t.TraceID) // traceOf has checked both
	spanID, _ := trace.SpanIDFromHex(t.SpanID)
	if string(t.Append(nil)) == schema.DerivedTraceparent(s.Key()) {
		return context.WithValue(ctx, traceIDKey{}, traceID)
	}
	state, _ := trace.ParseTraceState(s.Tracestate) // one that can't be read is carried on as it is
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: traceID, SpanID: spanID, TraceFlags: trace.TraceFlags(t.Flags), TraceState: state, Remote: true,
	}))
}

// carry makes the call name our span as its parent.
func (r *request) carry(span trace.Span) {
	c := span.SpanContext()
	if !c.IsValid() {
		return
	}
	parent := schema.Traceparent{TraceID: c.TraceID().String(), SpanID: c.SpanID().String(), Flags: byte(c.TraceFlags())}
	r.header["Traceparent"] = []string{string(parent.Append(nil))}
	if state := c.TraceState().String(); state != "" {
		r.header["Tracestate"] = []string{state}
	}
}

// endSpan says what came of the attempt.
func endSpan(span trace.Span, out *schema.Outcome) {
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.String("journeyhook.reason", string(out.Reason)), attribute.Int("journeyhook.token_refreshes", out.TokenRefreshes))
	span.SetAttributes(serverOf(out.Call.URL)...)
	if out.Status > 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(out.Status))
	}
	if out.Verdict != schema.Delivered {
		span.SetAttributes(semconv.ErrorTypeKey.String(errorType(out)))
		span.SetStatus(codes.Error, out.Detail)
	}
	span.End()
}

// errorType is the status where that is what was wrong, else the reason.
func errorType(out *schema.Outcome) string {
	if out.Reason == schema.ReasonStatus || out.Reason == schema.ReasonUnauthorized {
		return strconv.Itoa(out.Status)
	}
	return string(out.Reason)
}

// serverOf describes whom a URL, as logs show it, calls; nobody where there was no call.
func serverOf(loggedURL string) []attribute.KeyValue {
	if loggedURL == "" {
		return nil
	}
	all := []attribute.KeyValue{semconv.URLFull(loggedURL)}
	u, err := url.Parse(loggedURL)
	if err != nil { // what hides data is in the port
		return all
	}
	all = append(all, semconv.ServerAddress(u.Hostname()))
	if port, err := strconv.Atoi(cmp.Or(u.Port(), usualPorts[u.Scheme])); err == nil {
		all = append(all, semconv.ServerPort(port))
	}
	return all
}

var usualPorts = map[string]string{"https": "443", "http": "80"}
