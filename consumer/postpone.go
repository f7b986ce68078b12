package consumer

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// postpone moves a step into the lane for its wait, which counts from the given time (C45). A wait
// that is no lane's own length carries its due time along; one that is needs none, since the lane
// starts counting later than that. attempted says that the attempt is used up.
func (c *Consumer) postpone(h *held, step *schema.Step, from time.Time, wait time.Duration, attempted bool) {
	next := h.progress
	next.Move++
	next.Due = time.Time{}
	if attempted {
		next.Attempt++
	}
	lane := schema.LaneFor(wait)
	if lane.Wait != wait {
		next.Due = from.Add(wait)
	}
	c.Metrics.postponed.WithLabelValues(lane.Name).Inc()
	c.move(h, c.Names.RetrySubject(lane, step.ProjectID, step.WebhookID), step.Key(), next)
}

// moveToBacklog lets a step wait for room on its own webhook. One that waits there already is given
// back, and so is one for which there is no room only because we are stopping.
func (c *Consumer) moveToBacklog(h *held, step *schema.Step) {
	subject := c.Names.BacklogSubject(step.ProjectID, step.WebhookID)
	if c.soft.Err() != nil {
		h.giveBack(0)
		return
	}
	if h.msg.Subject() == subject {
		h.giveBack(giveBackDelay)
		return
	}
	next := h.progress
	next.Move++
	next.Due = time.Time{}
	c.Metrics.backlogged.Inc()
	c.move(h, subject, step.Key(), next)
	select {
	case c.backlog.add(step.ProjectID, step.WebhookID).more <- struct{}{}:
	default:
	}
}

// move publishes the message at its next place and acks it only then. The id says which move it is,
// so a repeated one is dropped. Where the server began anew since the message came, it may have given it to another
// worker, too; the next place says so.
func (c *Consumer) move(h *held, subject, stepKey string, next schema.Progress) {
	if h.recall != nil {
		h.recall()
	}
	next.Doubted = h.stillDoubted()
	msg := moved(h.msg.Headers(), h.msg.Data(), subject, stepKey, next)
	if err := c.publish(h, msg, func() { h.hold().Write(msg.Header) }); err != nil {
		h.giveBack(giveBackDelay)
		return
	}
	h.ack()
}

// moved is a message for the step's next place.
func moved(header nats.Header, data []byte, subject, stepKey string, next schema.Progress) *nats.Msg {
	msg := nats.NewMsg(subject)
	msg.Data = data
	for name, values := range header {
		if !strings.HasPrefix(name, "Nats-") { // those were meant for the publish that brought it
			msg.Header[name] = values
		}
	}
	next.Write(msg.Header)
	msg.Header.Set(jetstream.MsgIDHeader, next.MoveID(stepKey))
	return msg
}
