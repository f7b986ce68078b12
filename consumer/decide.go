package consumer

import (
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// decision is what becomes of a step after an attempt.
type decision struct {
	next   schema.Next
	reason schema.Reason
	wait   time.Duration // before the next attempt, from the end of the failed call
	detail string
}

// decide holds every rule about trying again (B42–B52, C4, C6, C21). It is pure; attempt counts from 1.
func decide(w *schema.Webhook, out schema.Outcome, attempt int) decision {
	switch out.Verdict {
	case schema.Delivered:
		return decision{next: schema.NextContinue, reason: schema.ReasonDelivered}
	case schema.Failed:
		if attempt <= w.Retry.Max {
			return decision{next: schema.NextRetry, reason: out.Reason, wait: max(w.Retry.Delay.Std(), out.RetryAfter), detail: out.Detail}
		}
		return exit(schema.ReasonRetriesExhausted, exhausted(attempt, out.Detail))
	}
	return exit(out.Reason, out.Detail)
}

func exit(reason schema.Reason, detail string) decision {
	return decision{next: schema.NextExit, reason: reason, detail: detail}
}

func exhausted(attempts int, last string) string {
	if attempts == 1 {
		return "the only attempt failed: " + last
	}
	return fmt.Sprintf("all %d attempts failed; the last: %s", attempts, last)
}

// attemptsMade is what a result counts: this attempt too, unless it could not even begin (C33, C41).
func attemptsMade(reason schema.Reason, attempt int) int {
	switch reason {
	case schema.ReasonWebhookDeleted, schema.ReasonInvalidWebhook, schema.ReasonInvalidStep:
		return attempt - 1
	}
	return attempt
}
