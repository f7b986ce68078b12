package consumer

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// witnesses are steps that this worker ended. A server that still knows the id of one, which has left the queue, has
// been in one life since.
type witnesses struct {
	archive archive
	stream  string // where they were
	window  time.Duration

	mu  sync.Mutex
	all []witness // oldest first
}

type witness struct {
	subject, id   string
	stored, acked time.Time
}

const (
	witnessesMost = 8
	witnessEvery  = time.Second
)

// add takes in a step whose message is acked.
func (w *witnesses) add(h *held) {
	if h.lane != nil || h.at.stream != w.stream {
		return
	}
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.all); n == witnessesMost || n > 0 && now.Sub(w.all[n-1].acked) < witnessEvery || w.old(h.stored, now) {
		return
	}
	if id := h.msg.Headers().Get(jetstream.MsgIDHeader); id != "" {
		w.all = append(w.all, witness{h.msg.Subject(), id, h.stored, now})
	}
}

// old reports whether an id is about to leave the duplicate window.
func (w *witnesses) old(stored, now time.Time) bool { return now.Sub(stored) > w.window-clocksApart }

// remembered is since when the server has surely been in one life: since the oldest witness was acked, or now.
func (w *witnesses) remembered(ctx context.Context, stream string) (since time.Time) {
	now := time.Now()
	if stream != w.stream || w.archive == nil {
		return now
	}
	w.mu.Lock()
	for len(w.all) > 0 && w.old(w.all[0].stored, now) {
		w.all = w.all[1:]
	}
	all := w.all
	w.mu.Unlock()
	if len(all) > 0 && left(ctx, w.archive, stream, all[0].subject, all[0].id) {
		return all[0].acked
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = nil
	return now
}
