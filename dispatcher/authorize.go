package dispatcher

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// authorize sends the request with what its authentication needs. With oauth2 a refused token is
// replaced and the call made again at once, up to three times in one attempt (B21–B25, C5).
func (d *Dispatcher) authorize(ctx context.Context, w *schema.Webhook, r *request) schema.Outcome {
	if w.Auth.Type != schema.AuthOAuth2 {
		return d.call(ctx, w, r)
	}
	credentials := w.Credentials()
	token, err := d.Tokens.Token(ctx, credentials)
	if err != nil {
		return noToken(err)
	}
	early, status := false, 0
	for refreshes := 0; ; refreshes++ {
		r.useToken(token)
		out := d.call(ctx, w, r)
		rejected := out.Status == http.StatusUnauthorized && out.Verdict != schema.Delivered
		early = early || rejected && token.RejectedEarly(time.Now())
		out.TokenRefreshes, out.RejectedEarly = refreshes, early
		status = cmp.Or(out.Status, status)
		out.Status = status // a call without an answer leaves the attempt's last one (C34)
		if !rejected {
			return out
		}
		if refreshes == maxRefreshes {
			out.Verdict, out.Reason = schema.Refused, schema.ReasonUnauthorized
			out.Detail = "the endpoint still answered 401 after three new tokens; check the client's rights and the token URL"
			return out
		}
		if token, err = d.Tokens.Reject(ctx, credentials, token); err != nil {
			failed := noToken(err)
			failed.Status, failed.Call = out.Status, out.Call
			failed.TokenRefreshes, failed.RejectedEarly = refreshes, early
			return failed
		}
		if !d.roomForRefreshed(ctx, w) {
			out.Verdict, out.Reason = schema.Failed, schema.ReasonTimeout
			out.Detail = "the webhook's rate limit had no room in time for the call with the new token"
			return out
		}
	}
}

// roomForRefreshed waits as long for room under the webhook's limits as a call may take.
func (d *Dispatcher) roomForRefreshed(ctx context.Context, w *schema.Webhook) bool {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout.Std())
	defer cancel()
	return d.waitForRoom(ctx, w) == nil
}

// useToken sets the Authorization header. The header map is new each time, since the transport may
// still read the last call's.
func (r *request) useToken(token schema.Token) {
	r.header = r.header.Clone()
	r.header["Authorization"] = []string{"Bearer " + token.Access.Reveal()}
	r.tokens = append(r.tokens, token.Access.Reveal())
}

func noToken(err error) schema.Outcome {
	detail := "the token could not be fetched"
	var te *schema.TokenError
	if errors.As(err, &te) {
		detail += ": " + te.Detail
	}
	out := refused(schema.ReasonTokenFailed, detail)
	out.Unsure = te != nil && te.Unsure
	return out
}
