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

	// Unsure says that this process stood still during a call that brought no answer: nobody knows whether the endpoint
	// gave one in time. The attempt is repeated and does not count.
	Unsure bool

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
