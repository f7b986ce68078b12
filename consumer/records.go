package consumer

import (
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
)

// records publishes attempt records, for which nobody waits. Those of calls that end while NATS is away are kept
// until it is back, as many as there is room for.
type records struct {
	mu   sync.Mutex
	kept []*nats.Msg
	size int // bytes
}

const recordsMost = 8 << 20 // bytes

// publish reports whether the record was handed over, or kept.
func (r *records) publish(nc *nats.Conn, msg *nats.Msg) bool {
	err := nc.PublishMsg(msg)
	return err == nil || errors.Is(err, nats.ErrReconnectBufExceeded) && r.keep(msg)
}

// keep reports whether there was room.
func (r *records) keep(msg *nats.Msg) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size+len(msg.Data) > recordsMost {
		return false
	}
	r.kept = append(r.kept, msg)
	r.size += len(msg.Data)
	return true
}

// take empties it.
func (r *records) take() []*nats.Msg {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.kept
	r.kept, r.size = nil, 0
	return kept
}

// publishRecord loses the record when it can't be helped.
func (c *Consumer) publishRecord(msg *nats.Msg) {
	if !c.records.publish(c.JS.Conn(), msg) {
		c.Metrics.recordsLost.Inc()
	}
}

// publishKept is for when NATS is back.
func (c *Consumer) publishKept() {
	for _, msg := range c.records.take() {
		c.publishRecord(msg)
	}
}
