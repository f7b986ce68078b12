package consumer

import (
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// lateHead is how late the head of a lane, which was told to wait, may come and still be nobody else's before. NATS
// delivers it when it is due; a server that takes over from another one may do so a second time, long before AckWait.
const lateHead = 2 * time.Second

// again reports whether a delivered message may have been worked on before. Only then does anyone look
// into the past for it: fresh steps, and the head of a lane that was told to wait, have none, unless NATS was lost
// just when they came.
func (h *held) again() bool {
	if sabotage == withoutPast {
		return false
	}
	deliverable := h.stored
	if h.lane != nil {
		deliverable = ready(*h.lane, h.stored, h.progress.Due)
	}
	if h.deliveries < 2 || h.lane != nil && time.Since(deliverable) <= lateHead {
		return h.consumer.outage.near(deliverable)
	}
	return true
}

// over ends a message whose step has gone on without it: whoever held it before was able to store the
// step's result or its next place, and to say no more. It reports true as well when that can't be found
// out now; the message then comes back.
func (c *Consumer) over(h *held, step *schema.Step) bool {
	if !h.again() {
		return false
	}
	q := c.question(step, h.progress.Move, h.stored)
	if err := c.past.ask(c.last, q); err != nil {
		c.Log.Warn().Err(err).Str("project", step.ProjectID).Str("step", step.ID).Msg("can't tell whether the step has gone on; it is given back")
		h.giveBack(giveBackDelay)
		return true
	}
	if q.gone {
		c.Metrics.gone.Inc()
		h.ack()
	}
	return q.gone
}

// question asks about a message of the step that was stored then. What came of it may be stored by a server whose
// clock is behind.
func (c *Consumer) question(step *schema.Step, move int, stored time.Time) *question {
	return &question{
		key: step.Key(), move: move, since: stored.Add(-clocksApart), results: c.Names.ResultSubjects(step.ProjectID, step.WorkflowID),
		project: step.ProjectID, webhook: step.WebhookID,
	}
}

// clocksApart is how far clocks may differ.
const clocksApart = 5 * time.Second
