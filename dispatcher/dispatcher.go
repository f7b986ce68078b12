// Package dispatcher makes one attempt of one step: prepare the request, authorize it, send it, judge
// the answer.
//
// Whatever the endpoint, the token server or the user's data do ends in a [schema.Outcome]; nothing
// here retries later, remembers an attempt or knows of messages. Between prepare and judge at most
// one request is on the wire at a time, and it is sent once more only where HTTP/2 says that it was
// not processed (C39, C48).
package dispatcher

import (
	"context"
	"errors"
	"net/http"

	"go.opentelemetry.io/otel/trace"

	"github.com/journeyhook/journeyhook/schema"
)

// Tokens hands out OAuth access tokens. Errors are *schema.TokenError, or the context's.
type Tokens interface {
	Token(ctx context.Context, c schema.Credentials) (schema.Token, error)
	// Reject says that refused was answered with 401 and returns another token.
	Reject(ctx context.Context, c schema.Credentials, refused schema.Token) (schema.Token, error)
}

// Dispatcher makes attempts. Set the fields before first use; it is safe for concurrent use.
type Dispatcher struct {
	Transport http.RoundTripper // guarded, see [Egress]; must not be nil
	Tokens    Tokens            // only needed for webhooks with oauth2
	AllowHTTP bool              // plain http endpoints (C18)
	KeyNames  []string          // query names refused in URLs; nil is [DefaultKeyNames] (B7)
	Version   string            // in the User-Agent
	Tracer    trace.Tracer      // nil traces nothing
	// Room waits until a webhook's limits have room for another call of an attempt that has made one. Its error is
	// the context's. Nil is for webhooks without limits.
	Room func(ctx context.Context, w *schema.Webhook) error

	plans planCache
}

// maxRefreshes is how often one attempt may replace a refused token (B22).
const maxRefreshes = 3

// Dispatch makes one attempt. When ctx ends early the outcome says nothing about the endpoint and
// must be thrown away.
func (d *Dispatcher) Dispatch(ctx context.Context, w *schema.Webhook, s *schema.Step) (out schema.Outcome) {
	ctx, span := d.startSpan(ctx, w, s)
	defer func() { endSpan(span, &out) }()
	plan, refusal := d.planFor(w, s)
	if refusal != nil {
		return *refusal
	}
	req, err := d.prepare(plan, s)
	if err != nil {
		return unprepared(err)
	}
	req.carry(span)
	out = d.authorize(ctx, w, req)
	out.Call.Method, out.Call.URL = w.Method, req.loggedURL
	if w.Log.Bodies {
		out.Call.RequestBody = snippet(req.body, false, req.secrets(), nil)
	}
	return out
}

func refused(reason schema.Reason, detail string) schema.Outcome {
	return schema.Outcome{Verdict: schema.Refused, Reason: reason, Detail: schema.Visible(detail)}
}

// unprepared is the outcome of a request that could not be made from the templates.
func unprepared(err error) schema.Outcome {
	var fault *requestFault
	if errors.As(err, &fault) {
		return refused(fault.reason, fault.detail)
	}
	return refused(schema.ReasonRenderFailed, err.Error())
}
