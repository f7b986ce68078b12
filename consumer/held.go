package consumer

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// held is a message this worker has and has not ended.
type held struct {
	consumer *Consumer
	msg      jetstream.Msg
	source   *source      // nil when it came from the backlog
	lane     *schema.Lane // nil when it came from STEPS
	progress schema.Progress
	room     leave // of a step from the backlog, which has its room already
	at       place // set by heartbeats.add
}

// place is where a message is stored; a redelivery has the same.
type place struct {
	stream   string
	sequence uint64
}

// giveBack lets another worker (or this one) have the message after the delay. If the server does not
// hear it, the message comes back after AckWait.
func (h *held) giveBack(delay time.Duration) {
	h.consumer.Metrics.givenBack.Inc()
	h.end() // it may be back here before we return
	_ = h.msg.NakWithDelay(delay)
}

// end forgets the message, which is acked or given back. It must be called once.
func (h *held) end() {
	h.consumer.beats.remove(h)
	if h.source != nil {
		<-h.source.holds
	}
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
	held map[place]*held
}

// add reports false when the message is held already: a server that was killed forgets what it had
// delivered last and ignores its ack, and delivers it anew. Who holds it goes on, and acks again.
func (b *heartbeats) add(h *held) bool {
	if meta, err := h.msg.Metadata(); err == nil {
		h.at = place{meta.Stream, meta.Sequence.Stream}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held == nil {
		b.held = map[place]*held{}
	}
	if b.held[h.at] != nil {
		return false
	}
	b.held[h.at] = h
	return true
}

func (b *heartbeats) remove(h *held) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[h.at] == h {
		delete(b.held, h.at)
	}
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
	for _, h := range b.held {
		out = append(out, h)
	}
	return out
}
