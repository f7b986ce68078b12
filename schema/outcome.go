package schema

import (
	"encoding/json"
	"time"
)

// Decision is what the journey does with the user.
type Decision string

// The two decisions.
const (
	Continue Decision = "continue"
	Exit     Decision = "exit"
)

// Reason says why, in a result, an attempt, a log line and a metric label. The set is closed.
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

// Verdict is what one attempt amounts to.
type Verdict int

// The verdicts. Failed may be retried; Refused never is.
const (
	Refused Verdict = iota
	Failed
	Delivered
)

// Outcome is what one attempt came to. A failing endpoint is an Outcome; an error means our own fault.
type Outcome struct {
	Verdict    Verdict
	Reason     Reason
	Status     int           // the endpoint's, 0 when it gave none (C34)
	Detail     string        // a short sentence without secrets or personal data
	RetryAfter time.Duration // what the endpoint asked for, 0 for nothing (C21)

	Fields  json.RawMessage // profile tile: the object to save, without Ignored
	Ignored []string        // profile tile: keys of the answer that may not be set (C24)

	TokenRefreshes int
	RejectedEarly  bool // a token was refused before its expiry (B24)
	Call           Call
}

// Call tells what was on the wire in an attempt's last call, for the attempt record.
type Call struct {
	Method        string
	URL           string // fixed text stays, what expressions put there is …
	RequestBytes  int64
	ResponseBytes int64
	Snippet       string // of a failure's answer, at most 1 KiB, secrets masked
	RequestBody   string // only where the webhook says so
	Started       time.Time
	Ended         time.Time
	DNS           time.Duration
	Connect       time.Duration
	TLS           time.Duration
	FirstByte     time.Duration
}
