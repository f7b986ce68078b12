package consumer

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// settle ends a step: the profile update if there is one, then the result, then the ack, each stored
// before the next begins.
func (c *Consumer) settle(h *held, step *schema.Step, hook *schema.Webhook, d decision, out schema.Outcome) {
	now := time.Now().UTC()
	if d.next == schema.NextContinue && step.Tile.Type == schema.UserProfile && len(out.Fields) > len("{}") {
		err := c.publishJSON(h, c.Names.ProfileSubject(step.ProjectID), step.Key(), profileUpdate(step, out, now))
		if errors.Is(err, nats.ErrMaxPayload) {
			d = exit(schema.ReasonInvalidResponse, "the answer is too large to be published as a profile update")
		} else if err != nil {
			h.giveBack(giveBackDelay)
			return
		}
	}
	result := schema.Result{
		StepID: step.ID, ProjectID: step.ProjectID, WorkflowID: step.WorkflowID, TileID: step.Tile.ID,
		WebhookID: step.WebhookID, User: schema.Person{Email: step.User.Email, UserID: step.User.UserID},
		Outcome: outcomeOf(d), Reason: d.reason, Status: out.Status,
		Attempts: attemptsMade(d.reason, h.progress.Attempt), Revision: hook.Revision,
		Detail: d.detail, FinishedAt: now,
	}
	if c.publishJSON(h, c.Names.ResultSubject(step.ProjectID, step.WorkflowID, result.Outcome), step.Key(), result) != nil {
		h.giveBack(giveBackDelay)
		return
	}
	c.Metrics.results.WithLabelValues(string(result.Outcome), string(result.Reason)).Inc()
	if !step.ReachedAt.IsZero() {
		c.Metrics.resultSeconds.Observe(now.Sub(step.ReachedAt).Seconds())
	}
	c.notify(step, d, out)
	h.ack()
}

func outcomeOf(d decision) schema.Decision {
	if d.next == schema.NextContinue {
		return schema.Continue
	}
	return schema.Exit
}

func profileUpdate(step *schema.Step, out schema.Outcome, at time.Time) schema.ProfileUpdate {
	ignored := out.Ignored
	if ignored == nil {
		ignored = []string{}
	}
	return schema.ProfileUpdate{
		StepID: step.ID, ProjectID: step.ProjectID,
		User:   schema.Person{Email: step.User.Email, UserID: step.User.UserID},
		Fields: out.Fields, Ignored: ignored, At: at,
	}
}

func (c *Consumer) publishJSON(h *held, subject, id string, body any) error {
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false) // < and > in a profile's fields stay one byte each
	if err := encoder.Encode(body); err != nil {
		c.Log.Error().Err(err).Str("subject", subject).Msg("message can't be written as JSON")
		return err
	}
	msg := nats.NewMsg(subject)
	msg.Data = bytes.TrimSuffix(data.Bytes(), []byte("\n"))
	msg.Header.Set(jetstream.MsgIDHeader, id)
	return c.publish(h, msg)
}
