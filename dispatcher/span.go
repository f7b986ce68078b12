package dispatcher

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/journeyhook/journeyhook/schema"
)

// startSpan begins an attempt's span in the step's trace. Without a Tracer it does nothing.
func (d *Dispatcher) startSpan(ctx context.Context, w *schema.Webhook, s *schema.Step) (context.Context, trace.Span) {
	if d.Tracer == nil {
		return ctx, trace.SpanFromContext(ctx)
	}
	return d.Tracer.Start(withParent(ctx, s), "webhook attempt", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("journeyhook.project", w.Project), attribute.String("journeyhook.webhook", w.ID),
		attribute.String("journeyhook.step", s.ID), attribute.String("http.request.method", w.Method),
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
	span.SetAttributes(
		attribute.String("journeyhook.reason", string(out.Reason)), attribute.Int("http.response.status_code", out.Status),
		attribute.Int("journeyhook.token_refreshes", out.TokenRefreshes), attribute.String("url.template", out.Call.URL),
	)
	if out.Verdict != schema.Delivered {
		span.SetStatus(codes.Error, out.Detail)
	}
	span.End()
}
