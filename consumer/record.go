package consumer

import (
	"time"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/schema"
)

// record tells an attempt's story: one log line, one attempt record, the metrics. None of it is
// waited for, and a retried attempt that was refused an early token notifies here, since no result
// will.
func (c *Consumer) record(h *held, hook *schema.Webhook, step *schema.Step, out schema.Outcome, d decision) {
	took := out.Call.Ended.Sub(out.Call.Started)
	c.Metrics.attempts.WithLabelValues(string(out.Reason), string(d.next)).Inc()
	c.Metrics.callSeconds.Observe(took.Seconds())
	c.Log.Info().
		Str("project", step.ProjectID).Str("webhook", step.WebhookID).Str("step", step.ID).
		Int("attempt", h.progress.Attempt).Int("status", out.Status).Str("reason", string(d.reason)).
		Str("next", string(d.next)).Dur("wait", d.wait).Dur("took", took).
		Int("tokenRefreshes", out.TokenRefreshes).Str("detail", d.detail).Msg("attempt")
	record := c.attemptRecord(h, hook, step, out, d)
	c.publishRecord(&nats.Msg{Subject: c.Names.AttemptSubject(step.ProjectID, step.WebhookID), Data: record.AppendJSON(make([]byte, 0, 640))})
	if d.next == schema.NextRetry {
		c.notify(step, d, out)
	}
}

func (c *Consumer) attemptRecord(h *held, hook *schema.Webhook, step *schema.Step, out schema.Outcome, d decision) schema.Attempt {
	call := out.Call
	reason := d.reason
	if d.reason == schema.ReasonRetriesExhausted {
		reason = out.Reason // why this attempt failed; that it was the last one stands in next
	}
	return schema.Attempt{
		StepID: step.ID, ProjectID: step.ProjectID, WebhookID: step.WebhookID, Revision: hook.Revision,
		Attempt: h.progress.Attempt, TokenRefreshes: out.TokenRefreshes,
		Method: call.Method, URL: call.URL, Status: out.Status,
		Reason: reason, Next: d.next, WaitMS: d.wait.Milliseconds(),
		TookMS: ms(call.Ended.Sub(call.Started)), DNSMS: ms(call.DNS), ConnectMS: ms(call.Connect),
		TLSMS: ms(call.TLS), FirstByteMS: ms(call.FirstByte),
		RequestBytes: call.RequestBytes, ResponseBytes: call.ResponseBytes,
		ResponseSnippet: call.Snippet, RequestBody: call.RequestBody, Detail: d.detail,
		Worker: c.Worker, At: time.Now().UTC(),
	}
}

// ms is milliseconds with three decimals.
func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
