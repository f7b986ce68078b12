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
	return d.Tracer.Start(withParent(ctx, s.Traceparent), "webhook attempt", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("journeyhook.project", w.Project), attribute.String("journeyhook.webhook", w.ID),
		attribute.String("journeyhook.step", s.ID), attribute.String("http.request.method", w.Method),
	))
}

// withParent makes the step's own trace the one that spans join.
func withParent(ctx context.Context, traceparent string) context.Context {
	id, flags := traceOf(traceparent)
	if id == "" {
		return ctx
	}
	traceID, _ := trace.TraceIDFromHex(id) // traceOf has checked both
	spanID, _ := trace.SpanIDFromHex(traceparent[36:52])
	config := trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, Remote: true}
	if flags == "01" {
		config.TraceFlags = trace.FlagsSampled
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(config))
}

// carry makes the call name our span as its parent.
func (r *request) carry(span trace.Span) {
	if c := span.SpanContext(); c.IsValid() {
		r.header["Traceparent"] = []string{"00-" + c.TraceID().String() + "-" + c.SpanID().String() + "-" + c.TraceFlags().String()}
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
