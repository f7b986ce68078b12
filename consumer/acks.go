package consumer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

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
		_ = a.consumer.persist("ack", a.consumer.Metrics.ackFailures, func(ctx context.Context) error {
			return a.confirm(ctx, batch)
		}, func(error) bool { return false })
		for _, h := range batch {
			h.end()
		}
	}
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

// confirm acks the batch and waits for the server's word on the last of it. It says nothing about the
// others when the connection was lost on the way.
func (a *acks) confirm(ctx context.Context, batch []*held) error {
	nc := a.consumer.JS.Conn()
	before := nc.Stats().Reconnects
	last := slices.MaxFunc(batch, func(x, y *held) int { return cmp.Compare(x.at.sequence, y.at.sequence) })
	for _, h := range batch {
		if h == last {
			continue
		}
		if err := nc.Publish(h.msg.Reply(), ackPayload); err != nil {
			return fmt.Errorf("consumer: ack: %w", err)
		}
	}
	if _, err := nc.RequestWithContext(ctx, last.msg.Reply(), ackPayload); err != nil {
		return fmt.Errorf("consumer: confirm %d acks: %w", len(batch), err)
	}
	if nc.Stats().Reconnects != before {
		return fmt.Errorf("consumer: confirm %d acks: the connection was lost meanwhile", len(batch))
	}
	return nil
}

// ack confirms that the message is done with: a step comes back only when its worker died.
func (h *held) ack() {
	if h.source != nil {
		h.source.acks.queue <- h // has room for all that are held
		return
	}
	c := h.consumer
	_ = c.persist("ack", c.Metrics.ackFailures, h.msg.DoubleAck, func(err error) bool {
		return errors.Is(err, jetstream.ErrMsgAlreadyAckd)
	})
	h.end()
}
