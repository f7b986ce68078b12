package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// judge says what one call amounts to. It is pure: webhook, tile and answer in, outcome out
// (B39–B53, C1–C6, C19–C21, C24, C32).
func judge(w *schema.Webhook, tile schema.TileType, a answer, at time.Time) schema.Outcome {
	if a.status == 0 {
		return judgeFault(a)
	}
	out := schema.Outcome{Status: a.status}
	switch {
	case w.Success.Match(a.status):
		if tile == schema.UserProfile {
			return judgeProfile(w, a)
		}
		out.Verdict, out.Reason = schema.Delivered, schema.ReasonDelivered
	case slices.Contains(w.Retry.Statuses, a.status):
		out.Verdict, out.Reason = schema.Failed, schema.ReasonStatus
		out.Detail = answered(a.status)
		if w.Retry.HonorRetryAfter && (a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable) {
			out.RetryAfter = retryAfter(a.retryAfter, at)
		}
	default:
		out.Verdict, out.Reason = schema.Refused, schema.ReasonStatus
		out.Detail = answered(a.status)
		if a.status >= 200 && a.status < 300 {
			out.Detail += fmt.Sprintf(`, which this webhook does not take as success; add "%d" or "2xx" to its success list to accept it`, a.status)
		}
	}
	return out
}

func answered(status int) string {
	text := "the endpoint answered " + strconv.Itoa(status)
	if name := http.StatusText(status); name != "" {
		text += " " + name
	}
	return text
}

// judgeFault judges a call that brought no answer.
func judgeFault(a answer) schema.Outcome {
	reason, detail := Explain(a.err)
	switch reason {
	case schema.ReasonTimeout, schema.ReasonConnection:
		return schema.Outcome{Verdict: schema.Failed, Reason: reason, Detail: detail}
	}
	return refused(reason, detail)
}

// judgeProfile judges a profile tile's success answer (B41, B53, C3, C24).
func judgeProfile(w *schema.Webhook, a answer) schema.Outcome {
	out := schema.Outcome{Verdict: schema.Failed, Status: a.status}
	switch {
	case errors.Is(a.err, context.DeadlineExceeded):
		out.Reason = schema.ReasonTimeout
		out.Detail = fmt.Sprintf("%s, but its body did not end within %s", answered(a.status), w.Timeout)
		return out
	case a.err != nil:
		out.Reason = schema.ReasonUnparsable
		out.Detail = answered(a.status) + ", but its body was cut short"
		return out
	}
	fields, ignored, fault := readFields(a.contentType, a.body)
	switch {
	case fault == nil:
		return schema.Outcome{
			Verdict: schema.Delivered, Reason: schema.ReasonDelivered, Status: a.status,
			Fields: fields, Ignored: ignored,
		}
	case fault.again:
		out.Reason = schema.ReasonUnparsable
	default:
		out.Verdict, out.Reason = schema.Refused, schema.ReasonInvalidResponse
	}
	out.Detail = fault.detail
	return out
}

// maxRetryAfter caps what an endpoint may ask for (C21).
const maxRetryAfter = time.Hour

// retryAfter reads seconds or an HTTP date; 0 when there is neither.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	if strings.Trim(header, "0123456789") == "" {
		seconds, err := strconv.Atoi(header)
		if err != nil || seconds > int(maxRetryAfter/time.Second) {
			return maxRetryAfter // more digits than a number has is still "long"
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
