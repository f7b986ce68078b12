package schema

import "slices"

// Reason says why, in a result, an attempt, a log line and a metric label. The set is closed: [Reasons] is all of it.
type Reason string

// Reasons a step can end with.
const (
	ReasonDelivered        Reason = "delivered"         // a success status (and, for a profile tile, an object)
	ReasonStatus           Reason = "status"            // a status that is neither success nor retried
	ReasonRetriesExhausted Reason = "retries_exhausted" // the last retry failed
	ReasonUnauthorized     Reason = "unauthorized"      // oauth2: still 401 after three refreshes
	ReasonTokenFailed      Reason = "token_failed"      // the token could not be fetched
	ReasonInvalidURL       Reason = "invalid_url"       // no usable URL after rendering
	ReasonBlockedAddress   Reason = "blocked_address"   // the host resolves to an address that may not be called
	ReasonTLSFailed        Reason = "tls_failed"        // certificate or handshake failure
	ReasonRenderFailed     Reason = "render_failed"     // the templates could not be rendered for this user
	ReasonSkipped          Reason = "skipped"           // the template asked not to send
	ReasonInvalidResponse  Reason = "invalid_response"  // profile tile: JSON, but not an object
	ReasonWebhookDeleted   Reason = "webhook_deleted"   // no such webhook (any more)
	ReasonInvalidWebhook   Reason = "invalid_webhook"   // the stored definition can't be used
	ReasonInvalidStep      Reason = "invalid_step"      // the step itself can't be used
)

// Reasons only an attempt that will be retried has.
const (
	ReasonTimeout    Reason = "timeout"         // no answer in time (B51)
	ReasonConnection Reason = "connection"      // refused, reset, DNS failure (C2)
	ReasonUnparsable Reason = "unparsable_body" // profile tile: not JSON, empty or cut short (B53)
)

// ReasonMeaning is a row of the table of reasons.
type ReasonMeaning struct {
	Reason   Reason
	Outcome  Decision // of a result; "" where only attempts have the reason
	Attempts bool     // records of attempts have it
	What     string   // happened, as a headline
	Mend     string   // what a person can do, in sentences; "" where there is nothing to do
}

// Reasons is the one table of reasons, in the order in which people read them. The JSON Schemas, the console's words,
// the filters of hookctl and the API, and the guide's table say what it says; tests hold them to it.
var Reasons = []ReasonMeaning{
	{ReasonDelivered, Continue, true, "Delivered", ""},
	{ReasonStatus, Exit, true, "The endpoint answered with an error", "Look at the answer: is the address right, are the credentials, is a field missing? A status that is fine can be added to the successes in the webhook's advanced settings."},
	{ReasonRetriesExhausted, Exit, false, "Every retry failed", "The service was away or too slow for longer than the retries reach. Ask its operator, or allow more retries or a longer delay."},
	{ReasonUnauthorized, Exit, true, "Unauthorized, also with fresh tokens", "The endpoint refuses tokens that the token server just gave. Check the client's permissions, scope and audience."},
	{ReasonTokenFailed, Exit, true, "No token could be fetched", "Check the token URL, client id and client secret."},
	{ReasonInvalidURL, Exit, true, "The rendered URL can't be called", "Preview the webhook for this user: a value in the endpoint is missing or not what it should be."},
	{ReasonBlockedAddress, Exit, true, "The address may not be called", "The host leads to a private address. Whoever runs journeyhook can allow it with JOURNEYHOOK_EGRESS_ALLOW."},
	{ReasonTLSFailed, Exit, true, "No safe connection", "The certificate is not valid for this host, or too old a TLS is spoken. Its operator must mend it."},
	{ReasonRenderFailed, Exit, true, "The request could not be rendered for this user", "Preview the webhook for this user to see which field is in the way."},
	{ReasonSkipped, Exit, true, "The template asked not to send", ""},
	{ReasonInvalidResponse, Exit, true, "The answer is no JSON object", "A user-profile tile needs an object of profile fields as its answer."},
	{ReasonWebhookDeleted, Exit, true, "The webhook is gone", "Restore it, or take the tile out of the journey."},
	{ReasonInvalidWebhook, Exit, true, "The webhook can't be used", "Open it and mend what is marked."},
	{ReasonInvalidStep, Exit, true, "The step can't be used", "The journey engine sent something that is no step; the dead-letter stream has it whole."},
	{ReasonTimeout, "", true, "No answer in time", "The endpoint took longer than the timeout."},
	{ReasonConnection, "", true, "No connection", "The host could not be found, refused the connection, or cut it."},
	{ReasonUnparsable, "", true, "The answer is not JSON", "A user-profile tile needs a JSON object as its answer."},
}

// ReasonNames is every reason there is, by name.
func ReasonNames() []string {
	names := make([]string, len(Reasons))
	for i, m := range Reasons {
		names[i] = string(m.Reason)
	}
	slices.Sort(names)
	return names
}

// Meaning is the reason's row of the table. Of a reason that a newer release wrote only the name is known.
func (r Reason) Meaning() ReasonMeaning {
	for _, m := range Reasons {
		if m.Reason == r {
			return m
		}
	}
	return ReasonMeaning{Reason: r, What: string(r)}
}
