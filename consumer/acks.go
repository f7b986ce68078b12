package consumer

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// acks acks the messages of one durable consumer and confirms many of them with one request: the server
// takes a connection's acks in order, so the answer to the last one speaks for those before it. The
// last one is the message that was stored last, since a server that forgot what it had delivered ignores
// the acks of what it has not delivered anew, and those are always the latest.
type acks struct {
	consumer *Consumer
	queue    chan *held
}

const ackBatch = 256

var ackPayload = []byte("+ACK")

// run acks until the queue is closed.
func (a *acks) run() {
	for h := range a.queue {
		batch := a.gather(h)
		err := a.consumer.persist(a.consumer.confirmed, a.consumer.Metrics.ackFailures, func(ctx context.Context) error {
			return a.consumer.tellOf(ctx, batch)
		}, func(error) bool { return false })
		for _, h := range batch {
			if err == nil {
				a.consumer.witnesses.add(h)
			}
			h.end()
		}
	}
}

// tellOf acks messages. Those that came from a consumer that was deleted nobody confirms: the new one ignores it as long as it
// has not delivered them. Who gets one then finds that its step has gone on.
func (c *Consumer) tellOf(ctx context.Context, batch []*held) error {
	var ours []*held
	for _, h := range batch {
		if h.final.Load() {
			_ = c.JS.Conn().Publish(h.msg.Reply(), ackPayload)
			continue
		}
		ours = append(ours, h)
	}
	if len(ours) == 0 {
		return nil
	}
	return c.tell(ctx, ours, ackPayload)
}

// gather takes what else is there already.
func (a *acks) gather(first *held) []*held {
	batch := []*held{first}
	for len(batch) < ackBatch {
		select {
		case h, open := <-a.queue:
			if !open {
				return batch
			}
			batch = append(batch, h)
		default:
			return batch
		}
	}
	return batch
}

// ack confirms that the message is done with: a step comes back only when its worker died.
func (h *held) ack() {
	h.acked = true
	if h.source != nil {
		h.source.acks.queue <- h // has room for all that are held
		return
	}
	c := h.consumer
	_ = c.persist(c.confirmed, c.Metrics.ackFailures, func(ctx context.Context) error {
		if err := c.away(); err != nil {
			return err
		}
		return h.msg.DoubleAck(ctx)
	}, func(err error) bool {
		return errors.Is(err, jetstream.ErrMsgAlreadyAckd)
	})
	h.end()
}

// confirmed tells in the log of acks that were not.
func (c *Consumer) confirmed(err error) {
	if err == nil {
		return
	}
	if times := c.troubles.again("acks"); times > 0 {
		c.Log.Warn().Err(err).Str("what", "ack").Int("times", times).Msg("not confirmed by NATS; trying again")
	}
}
