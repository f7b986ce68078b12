package consumer

import (
	"net/http"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// notify raises what one finished or failed attempt calls for: one notification of each failure, of the most specific
// kind (B24, B54, C26).
func (c *Consumer) notify(step *schema.Step, d decision, out schema.Outcome) {
	if c.Notifier == nil || step.ProjectID == "" {
		return
	}
	now := time.Now().UTC()
	for _, kind := range kindsOf(d, out) {
		n := schema.Notification{
			ProjectID: step.ProjectID, WebhookID: step.WebhookID, Kind: kind, Reason: d.reason, Status: out.Status,
			Count: 1, FirstAt: now, LastAt: now,
			Sample: schema.Sample{StepID: step.ID, WorkflowID: step.WorkflowID, TileID: step.Tile.ID, Detail: d.detail},
		}
		if kind == schema.KindTokenRejectedEarly {
			n.Reason, n.Status = schema.ReasonUnauthorized, http.StatusUnauthorized
			n.Sample.Detail = "the endpoint refused a token before its expires_in was over"
		}
		c.Notifier.Raise(n)
	}
}

// kindsOf are the kinds of what failed in an attempt: a token that was refused early, unless no other came of that, and
// what the user exits for, unless that is the same.
func kindsOf(d decision, out schema.Outcome) []schema.Kind {
	var kinds []schema.Kind
	exit := exitKind(d)
	if out.RejectedEarly && exit != schema.KindTokenFailed {
		kinds = append(kinds, schema.KindTokenRejectedEarly)
	}
	if exit != "" && (!out.RejectedEarly || d.reason != schema.ReasonUnauthorized) {
		kinds = append(kinds, exit)
	}
	return kinds
}

// exitKind is the most specific kind of an exit, "" for a skipped one and for what is no exit.
func exitKind(d decision) schema.Kind {
	if d.next != schema.NextExit {
		return ""
	}
	switch d.reason {
	case schema.ReasonSkipped:
		return ""
	case schema.ReasonTokenFailed:
		return schema.KindTokenFailed
	case schema.ReasonWebhookDeleted:
		return schema.KindWebhookMissing
	case schema.ReasonInvalidWebhook:
		return schema.KindWebhookInvalid
	case schema.ReasonInvalidStep:
		return schema.KindUnreadableStep
	}
	return schema.KindWebhookFailing
}
