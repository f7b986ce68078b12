package consumer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// held is a message this worker has and has not ended.
type held struct {
	consumer *Consumer
	msg      jetstream.Msg
	lane     *schema.Lane // nil when it came from STEPS
	progress schema.Progress
	room     leave // of a step from the backlog, which has its room already
}

// ack confirms the message is done with, and repeats until the server says so: a step comes back only
// when its worker died.
func (h *held) ack() {
	c := h.consumer
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		ctx, cancel := context.WithTimeout(c.last, 5*time.Second)
		err := h.msg.DoubleAck(ctx)
		cancel()
		if err == nil || errors.Is(err, jetstream.ErrMsgAlreadyAckd) || c.last.Err() != nil {
			return
		}
		c.Metrics.ackFailures.Inc()
		c.Log.Warn().Err(err).Dur("wait", wait).Msg("ack not confirmed; trying again")
		select {
		case <-time.After(wait):
		case <-c.last.Done():
			return
		}
	}
}

// giveBack lets another worker (or this one) have the message after the delay. If the server does not
// hear it, the message comes back after AckWait.
func (h *held) giveBack(delay time.Duration) {
	h.consumer.Metrics.givenBack.Inc()
	_ = h.msg.NakWithDelay(delay)
}

// leave gives the call's room back, once.
func (h *held) leave(out *schema.Outcome) {
	if h.room != nil {
		h.room(out)
		h.room = nil
	}
}

// key is the step's key, "" when the step can't be read.
func (h *held) key() string {
	step, _ := schema.DecodeStep(h.msg.Data())
	if step.ID == "" || step.ProjectID == "" {
		return ""
	}
	return step.Key()
}

// heartbeats keeps every held message from being redelivered while its worker lives.
type heartbeats struct {
	mu   sync.Mutex
	held map[*held]struct{}
}

func (b *heartbeats) add(h *held) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held == nil {
		b.held = map[*held]struct{}{}
	}
	b.held[h] = struct{}{}
}

func (b *heartbeats) remove(h *held) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.held, h)
}

// run sends InProgress for every held message, all from one ticker.
func (b *heartbeats) run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, h := range b.snapshot() {
				_ = h.msg.InProgress() // a lost beat is made good by the next one
			}
		}
	}
}

func (b *heartbeats) snapshot() []*held {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]*held, 0, len(b.held))
	for h := range b.held {
		out = append(out, h)
	}
	return out
}
