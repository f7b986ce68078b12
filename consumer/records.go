package consumer

import (
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
)

// records keeps the attempt records of calls that end while NATS is away until it is back, as many as there is room
// for. Nobody waits for them.
type records struct {
	mu   sync.Mutex
	kept []*nats.Msg
	size int // bytes

	sample chan *nats.Msg // takes one a second
}

const recordsMost = 8 << 20 // bytes

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

// publishRecord publishes an attempt record, and waits for nothing.
func (c *Consumer) publishRecord(msg *nats.Msg) {
	select {
	case c.records.sample <- msg:
	default:
		if c.Metrics.stuck.fails(c.Names.Attempts()) {
			c.Metrics.recordsLost.Inc() // NATS takes it and stores none
		}
		c.sendRecord(msg)
	}
}

// sendRecord loses the record when it can't be helped.
func (c *Consumer) sendRecord(msg *nats.Msg) {
	nc := c.JS.Conn()
	switch err := nc.PublishMsg(msg); {
	case err == nil:
	case errors.Is(err, nats.ErrReconnectBufExceeded) && c.records.keep(msg):
		if nc.IsConnected() {
			c.publishKept() // since just now, so that nobody else may
		}
	default:
		c.Metrics.recordsLost.Inc()
	}
}

// publishKept is for when NATS is back.
func (c *Consumer) publishKept() {
	for _, msg := range c.records.take() {
		c.sendRecord(msg)
	}
}

// endRecords is for when there are no more calls.
func (c *Consumer) endRecords() {
	c.publishKept()
	c.Metrics.recordsLost.Add(float64(len(c.records.take())))
}
