package schema

import "time"

// Credentials is everything that tells one OAuth client from another. Webhooks with the same
// credentials share one token; changed credentials never meet the old token (B27).
type Credentials struct {
	Project      string
	TokenURL     string
	ClientID     string
	ClientSecret Secret
	Scope        string
	Audience     string
	Params       []Pair
	ClientAuth   string // "body" or "basic"

	HonorExpiresIn bool // not part of the identity (C8)
}

// Credentials are those of a webhook with oauth2.
func (w *Webhook) Credentials() Credentials {
	a := &w.Auth
	c := Credentials{
		Project: w.Project, TokenURL: a.TokenURL, ClientID: a.ClientID, ClientSecret: a.ClientSecret,
		Scope: a.Scope, Audience: a.Audience, Params: a.Params, ClientAuth: a.ClientAuth,
		HonorExpiresIn: a.HonorExpiresIn,
	}
	if c.ClientAuth == "" {
		c.ClientAuth = "body"
	}
	return c
}

// Token is an access token and what its server said of its life.
type Token struct {
	Access    Secret
	FetchedAt time.Time
	ExpiresIn time.Duration // 0 when the server did not say, or said nothing readable (C8)
}

// RejectedEarly reports whether a 401 at the given time comes before the token's expiry (B24).
func (t Token) RejectedEarly(at time.Time) bool {
	return t.ExpiresIn > 0 && at.Before(t.FetchedAt.Add(t.ExpiresIn))
}

// TokenError says in Detail, without secrets, why a token could not be had (B25, C9).
type TokenError struct {
	Detail string
	Unsure bool // this process stood still meanwhile, and nobody knows what the token server would have answered
}

func (e *TokenError) Error() string { return "token: " + e.Detail }
