package consumer

import (
	"time"

	"github.com/journeyhook/journeyhook/internal/sabotage"
	"github.com/journeyhook/journeyhook/schema"
)

// again reports whether a delivered message, or the step before it was moved here, may have been worked on before.
// Only then does anyone look into the past for it: fresh steps, and the head of a lane that was told to wait, have
// none, unless the server may have forgotten it.
func (h *held) again() bool {
	return sabotage.Guard != sabotage.NoPast && (h.anew() || h.repeated() || !h.progress.Doubted.IsZero())
}

// over ends a message whose step has gone on without it: whoever held it before was able to store the
// step's result or its next place, and to say no more. It reports true as well when that can't be found
// out now; the message then comes back.
func (c *Consumer) over(h *held, step *schema.Step) bool {
	h.updates = step.Tile.Type == schema.UserProfile
	if !h.again() {
		return false
	}
	gone, undecided, err := c.goneOn(h, step)
	switch {
	case err != nil:
		if times := c.troubles.again("question"); times > 0 {
			c.Log.Warn().Err(err).Str("project", step.ProjectID).Str("step", step.ID).Int("times", times).Msg("can't tell whether the step has gone on; it is given back")
		}
		h.giveBack(giveBackDelay)
	case undecided:
		h.giveBack(min(time.Duration(h.deliveries)*giveBackDelay, undecidedMost))
	case gone:
		c.Metrics.gone.Inc()
		h.ack()
	default:
		h.progress.Doubted = h.stillDoubted()
		return false
	}
	return true
}

// undecidedMost is the longest time until it is looked again whether a late message's predecessor is gone, which may be
// waiting in the backlog of a paused webhook.
const undecidedMost = time.Minute

// goneOn asks the streams whether the step has gone on without a message.
func (c *Consumer) goneOn(h *held, step *schema.Step) (gone, undecided bool, err error) {
	if h.late() {
		if undecided, err = c.undecided(h); undecided || err != nil {
			return false, undecided, err
		}
	}
	q := c.question(step, h.progress.Move, h.stored, h.doubted())
	if h.repeated() { // what is older than the window, or ended before, nobody promises
		if from := h.stored.Add(-c.window); from.Before(q.since) {
			q.since = from
		}
		if !h.anew() {
			q.ended = h.stored
		}
	}
	err = c.past.ask(c.last, q)
	return q.gone, false, err
}

// question asks about a message of the step: what else came of this since then. That may be stored by a server whose
// clock is behind.
func (c *Consumer) question(step *schema.Step, move int, stored, since time.Time) *question {
	since = since.Add(-clocksApart)
	return &question{
		key: step.Key(), move: move, stored: stored, since: since, ended: since, results: c.Names.ResultSubjects(step.ProjectID, step.WorkflowID),
		project: step.ProjectID, webhook: step.WebhookID,
	}
}

// clocksApart is how far clocks may differ.
const clocksApart = 5 * time.Second

// told tells in the log of a question that was not answered, and is asked again.
func (c *Consumer) told(err error) {
	if err == nil {
		return
	}
	if times := c.troubles.again("update"); times > 0 {
		c.Log.Warn().Err(err).Int("times", times).Msg("can't tell whether a profile was updated; trying again")
	}
}
