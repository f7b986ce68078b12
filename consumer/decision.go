package consumer

import (
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// Decision is what becomes of a step after an attempt.
type Decision struct {
	Next     schema.Next
	Reason   schema.Reason
	Wait     time.Duration // before the next attempt
	Attempts int           // what a result would count
	Detail   string
}

// Decide tells those who have an outcome but no message what a worker would do: test sends and offline
// tests. attempt counts from 1.
func Decide(w *schema.Webhook, out schema.Outcome, attempt int) Decision {
	d := decide(w, out, attempt)
	return Decision{Next: d.next, Reason: d.reason, Wait: d.wait, Attempts: attemptsMade(d.reason, attempt), Detail: d.detail}
}
