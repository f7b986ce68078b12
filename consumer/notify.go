package consumer

import (
	"net/http"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// notify raises what one finished or failed attempt calls for: one notification, of the most specific
// kind (B24, B54, C26).
func (c *Consumer) notify(step *schema.Step, d decision, out schema.Outcome) {
	kind, ok := kindOf(d, out)
	if !ok || c.Notifier == nil || step.ProjectID == "" {
		return
	}
	now := time.Now().UTC()
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

// kindOf is the most specific kind, if the attempt calls for a notification at all: exits do, except
// skipped ones; retries that end well do not.
func kindOf(d decision, out schema.Outcome) (schema.Kind, bool) {
	exits := d.next == schema.NextExit
	switch {
	case exits && d.reason == schema.ReasonTokenFailed:
		return schema.KindTokenFailed, true
	case out.RejectedEarly:
		return schema.KindTokenRejectedEarly, true
	case !exits || d.reason == schema.ReasonSkipped:
		return "", false
	case d.reason == schema.ReasonWebhookDeleted:
		return schema.KindWebhookMissing, true
	case d.reason == schema.ReasonInvalidWebhook:
		return schema.KindWebhookInvalid, true
	case d.reason == schema.ReasonInvalidStep:
		return schema.KindUnreadableStep, true
	}
	return schema.KindWebhookFailing, true
}
