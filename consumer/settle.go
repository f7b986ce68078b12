package consumer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
		err := c.updateOnce(h, step, out, now)
		if errors.Is(err, nats.ErrMaxPayload) {
			d = exit(schema.ReasonInvalidResponse, "the answer is too large to be published as a profile update")
		} else if err != nil {
			if times := c.troubles.again("profile update"); times > 0 {
				c.Log.Warn().Err(err).Str("project", step.ProjectID).Str("step", step.ID).Int("times", times).Msg("profile update is not stored; the step is given back")
			}
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
	if c.publishData(h, c.Names.ResultSubject(step.ProjectID, step.WorkflowID, result.Outcome), step, result.AppendJSON(make([]byte, 0, 512))) != nil {
		h.giveBack(giveBackDelay)
		return
	}
	c.Metrics.results.WithLabelValues(string(result.Outcome), string(result.Reason)).Inc()
	c.Metrics.resultSeconds.Observe(now.Sub(step.ReachedAt).Seconds())
	c.notify(step, d, out)
	h.ack()
}

func outcomeOf(d decision) schema.Decision {
	if d.next == schema.NextContinue {
		return schema.Continue
	}
	return schema.Exit
}

// updateOnce publishes the profile update, unless one is there of a worker that had the step before: it may be older than the
// duplicate window. The step was called, so what can't be told now is asked again for as long as the step is held.
func (c *Consumer) updateOnce(h *held, step *schema.Step, out schema.Outcome, at time.Time) error {
	if since := h.progress.Doubted; !since.IsZero() {
		gone := false
		if err := c.persist(c.told, c.Metrics.publishFailures, func(context.Context) error {
			if h.lost() {
				c.Metrics.holdsLost.Inc()
				return errHoldLost
			}
			q := c.question(step, 0, h.stored, since)
			err := c.updates.ask(c.last, q)
			gone = q.gone
			return err
		}, func(err error) bool { return errors.Is(err, errHoldLost) }); err != nil || gone {
			return err
		}
	}
	return c.publishUpdate(h, step, out, at)
}

// publishUpdate asks for the answer's fields to be saved on the user's profile (B40).
func (c *Consumer) publishUpdate(h *held, step *schema.Step, out schema.Outcome, at time.Time) error {
	update := schema.ProfileUpdate{
		StepID: step.ID, ProjectID: step.ProjectID,
		User:   schema.Person{Email: step.User.Email, UserID: step.User.UserID},
		Fields: out.Fields, Ignored: out.Ignored, At: at,
	}
	if update.Ignored == nil {
		update.Ignored = []string{}
	}
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false) // < and > in a profile's fields stay one byte each
	if err := encoder.Encode(update); err != nil {
		return fmt.Errorf("consumer: write the profile update: %w", err)
	}
	return c.publishData(h, c.Names.ProfileSubject(step.ProjectID), step, bytes.TrimSuffix(data.Bytes(), []byte("\n")))
}

// publishData publishes what came of a step, in the step's trace (C53).
func (c *Consumer) publishData(h *held, subject string, step *schema.Step, data []byte) error {
	header := nats.Header{jetstream.MsgIDHeader: {step.Key()}}
	step.WriteTrace(header, h.msg.Headers())
	return c.publish(h, &nats.Msg{Subject: subject, Header: header, Data: data}, nil)
}
