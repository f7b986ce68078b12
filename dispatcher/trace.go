package dispatcher

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"

	"github.com/journeyhook/journeyhook/schema"
)

// traceOf is the step's trace. One that came with none has the one made from its key (C53).
func traceOf(s *schema.Step) schema.Traceparent {
	t, ok := schema.SplitTraceparent(s.Traceparent)
	if !ok {
		t, _ = schema.SplitTraceparent(schema.DerivedTraceparent(s.Key()))
	}
	return t
}

// setTrace sets the headers of the step's trace, in which the call is a span of our own. The author's baggage wins.
func setTrace(h *header, s *schema.Step) {
	t := traceOf(s)
	t.SpanID = randomSpan()
	h.set("Traceparent", string(t.Append(nil)))
	if s.Tracestate != "" {
		h.set("Tracestate", s.Tracestate)
	}
	if s.Baggage != "" && !h.has("Baggage") {
		h.set("Baggage", s.Baggage)
	}
}

// randomSpan needs to be unlikely to repeat and not all zero, not hard to guess.
func randomSpan() string {
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, rand.Uint64()|1))
}

// TraceIDs makes the ids of spans for the provider of [Dispatcher.Tracer]: the attempts of a step that came with no trace
// are all of the trace made from its key, and whether they are sampled is left to the provider (C53).
type TraceIDs struct{}

type traceIDKey struct{}

// NewIDs is of a span without parent.
func (ids TraceIDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	id, ok := ctx.Value(traceIDKey{}).(trace.TraceID)
	if !ok {
		_, _ = crand.Read(id[:]) // never fails
	}
	return id, ids.NewSpanID(ctx, id)
}

// NewSpanID is of a span in a trace.
func (TraceIDs) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], rand.Uint64()|1)
	return id
}
