package tokencache

import (
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// want is what a call asks for: a token of this client other than the refused one, if any.
type want struct {
	cred    schema.Credentials
	refused schema.Token
}

// good reports whether a cached token will do now.
func (w *want) good(t schema.Token) bool {
	return !w.isRefused(t) && usable(t, w.cred.HonorExpiresIn, time.Now())
}

// isRefused compares the text and the fetch. The same text from a later fetch is not the refused
// token: the server was asked since then.
func (w *want) isRefused(t schema.Token) bool {
	return t.Access.Reveal() == w.refused.Access.Reveal() &&
		(w.refused.FetchedAt.IsZero() || t.FetchedAt.Equal(w.refused.FetchedAt))
}

// usable reports whether a token may be sent at the given time. Its own expiry counts only for a
// webhook that says so, and then a little early: a minute, or a tenth of a short life (C8).
func usable(t schema.Token, honorExpiry bool, at time.Time) bool {
	if !at.Before(t.FetchedAt.Add(tokenLife)) {
		return false
	}
	if !honorExpiry || t.ExpiresIn <= 0 {
		return true
	}
	early := min(time.Minute, t.ExpiresIn/10)
	return at.Before(t.FetchedAt.Add(t.ExpiresIn - early))
}
