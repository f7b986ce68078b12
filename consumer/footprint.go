package consumer

import (
	"context"
	"math"
	"runtime/debug"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/schema"
)

// footprint bounds the bytes of the messages that this worker holds or has asked for. Whoever asks NATS for messages
// reserves what they may have; what did not come is given back, and what came when its message has ended.
type footprint struct {
	most int64

	mu    sync.Mutex
	used  int64
	line  []*reservation // first come, first served
	large map[string]int64
}

// reservation waits for room.
type reservation struct {
	least, most, got int64
	ready            chan struct{}
}

const (
	footprintMost  = 64 << 20
	footprintLeast = 16 << 20
	// A step as large as may be, with its headers and what NATS adds. Less is never asked for: NATS would not deliver it.
	largestHeld = schema.MaxStepBytes + 64<<10
	largeStep   = 64 << 10 // from which on a step counts for its webhook; smaller ones are bounded by their number
)

// footprintFor is an eighth of the memory this process may have, since a step is rendered and sent beside the bytes that came.
func footprintFor(limit int64) int64 {
	if limit == math.MaxInt64 {
		return footprintMost
	}
	return min(max(limit/8, footprintLeast), footprintMost)
}

// memoryLimit is GOMEMLIMIT.
func memoryLimit() int64 { return debug.SetMemoryLimit(-1) }

// reserve waits until there is room for the least, and takes up to the most; 0 when ctx ended first. A message that is
// larger than all there may be is taken alone.
func (m *footprint) reserve(ctx context.Context, least, most int64) int64 {
	r := &reservation{least: least, most: max(least, most), ready: make(chan struct{})}
	m.mu.Lock()
	m.line = append(m.line, r)
	m.serve()
	m.mu.Unlock()
	select {
	case <-r.ready:
		return r.got
	case <-ctx.Done():
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, other := range m.line {
		if other == r {
			m.line = append(m.line[:i], m.line[i+1:]...)
			m.serve()
			return 0
		}
	}
	return r.got // just now
}

// serve lets those in who have room. The caller holds mu.
func (m *footprint) serve() {
	for len(m.line) > 0 {
		r := m.line[0]
		free := m.most - m.used
		if free < r.least && m.used > 0 {
			return
		}
		m.line = m.line[1:]
		r.got = max(min(r.most, free), r.least)
		m.used += r.got
		close(r.ready)
	}
}

// give gives back what was reserved; less than 0 takes what came beyond that.
func (m *footprint) give(n int64) {
	if n == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used -= n
	m.serve()
}

// enter counts a large step for its webhook. It reports false when that has as much as is free: the rest is for others.
func (m *footprint) enter(h *held, webhook string) bool {
	if h.size < largeStep || h.large != "" {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if h.room == nil && m.large[webhook] > 0 && m.large[webhook] >= m.most-m.used {
		return false
	}
	if m.large == nil {
		m.large = map[string]int64{}
	}
	m.large[webhook] += h.size
	h.large = webhook
	return true
}

// hogged reports whether a webhook has as much as is free.
func (m *footprint) hogged(webhook string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.large[webhook] > 0 && m.large[webhook] >= m.most-m.used
}

// end gives back what a message had.
func (m *footprint) end(h *held) {
	if h.large != "" {
		m.mu.Lock()
		if m.large[h.large] -= h.size; m.large[h.large] <= 0 {
			delete(m.large, h.large)
		}
		m.mu.Unlock()
	}
	m.give(h.size)
}

// heldSize is what a message counts for.
func heldSize(header nats.Header, data []byte) int64 {
	size := len(data)
	for name, values := range header {
		for _, v := range values {
			size += len(name) + len(v) + len(": \r\n")
		}
	}
	return int64(size)
}

// ask is how many bytes a source asks NATS for: its part of all, and after a message that was larger than that
// enough for the largest the server takes.
func (s *source) ask() (least, most int64) {
	m := &s.consumer.footprint
	least, most = largestHeld, m.most/32
	if s.lane == nil {
		most = m.most / 8
	}
	if s.oversize {
		least = max(least, s.consumer.JS.Conn().MaxPayload()+64<<10)
	}
	return least, most
}
