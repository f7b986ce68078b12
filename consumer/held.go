package consumer

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/moment"
	"github.com/journeyhook/journeyhook/internal/sabotage"
	"github.com/journeyhook/journeyhook/schema"
)

// held is a message this worker has and has not ended.
type held struct {
	consumer   *Consumer
	msg        jetstream.Msg
	source     *source      // nil when it came from the backlog
	memory     *memory      // of the server that delivered it
	recall     func()       // finds out whether that has begun anew; one for all of a source or of a fetch
	fresh      bool         // it came from STEPS
	updates    bool         // its step may update a profile
	lane       *schema.Lane // of RETRIES, where it came from there
	progress   schema.Progress
	room       leave // of a step from the backlog, which has its room already
	at         place // set by heartbeats.add, like the next three
	stored     time.Time
	deliveries uint64
	durable    string        // the consumer that delivered it
	old        bool          // the server may have to be told who holds it
	until      moment.Moment // the end of the hold
	final      atomic.Bool   // it is not renewed any more
	unsure     bool          // something was published for it, and nobody knows whether it was stored
	take       take          // see Takes
	size       int64         // bytes, of the memory
	large      string        // whose large step it is; "" of a small one
	acked      bool          // like the next one, as far as this worker is concerned
	returned   bool
}

// place is where a message is stored; a redelivery has the same.
type place struct {
	stream   string
	sequence uint64
}

// giveBack lets another worker (or this one) have the message after the delay. If the server does not
// hear it, the message comes back after AckWait; so it does when it may be another's by now, or when
// something may just be being stored for it.
func (h *held) giveBack(delay time.Duration) {
	h.consumer.Metrics.givenBack.Inc()
	h.returned = true
	h.end() // it may be back here before we return
	if h.unsure || h.lost() {
		return
	}
	_ = h.msg.NakWithDelay(delay)
}

// end forgets the message, which is acked or given back. It must be called once.
func (h *held) end() {
	h.consumer.beats.remove(h)
	h.consumer.footprint.end(h)
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

// heartbeats keeps every held message from being redelivered while its worker lives.
type heartbeats struct {
	every time.Duration

	mu     sync.Mutex
	held   map[place]*held
	ticked time.Time

	before, woke time.Time // around the last time this process stood still
}

// add reports false when the message is held already: a server that was killed forgets what it had
// delivered last and ignores its ack, and delivers it anew. Who holds it goes on, and acks again.
func (b *heartbeats) add(h *held) bool {
	if meta, err := h.msg.Metadata(); err == nil {
		h.at, h.stored = place{meta.Stream, meta.Sequence.Stream}, meta.Timestamp
		h.deliveries, h.durable = meta.NumDelivered, meta.Consumer
	}
	if sabotage.Guard == sabotage.Deliveries {
		h.progress.Attempt = int(h.deliveries)
	}
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.take(h, now)
	if b.held == nil {
		b.held = map[place]*held{}
	}
	if b.held[h.at] != nil {
		return false
	}
	b.held[h.at] = h
	return true
}

// holds reports whether this worker has the message at a place.
func (b *heartbeats) holds(at place) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held[at] != nil
}

func (b *heartbeats) remove(h *held) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[h.at] == h {
		delete(b.held, h.at)
	}
}

// cutOff ends the holds of what a source holds at a time at the latest.
func (b *heartbeats) cutOff(s *source, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, h := range b.held {
		if h.source == s && sabotage.Guard != sabotage.NoRenewal {
			h.final.Store(true)
			h.until.AtLatest(at)
		}
	}
}

// glances is how many times as often as it beats a worker looks whether it stood still.
const (
	glances    = 10
	stillLeast = time.Second // of a busy machine nobody says that it stands still
)

// run tells the server of every held message, all from one ticker.
func (b *heartbeats) run(ctx context.Context, renew func(context.Context, []*held)) {
	tick := time.NewTicker(b.every / glances)
	defer tick.Stop()
	for beat := 1; ; beat++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if stood := b.glance(time.Now()); stood || beat%glances == 0 {
				b.beat(ctx, renew)
			}
		}
	}
}

// glance notes the time, and reports whether this process stood still since it did so last.
func (b *heartbeats) glance(now time.Time) (stood bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if stood = b.still(now); stood {
		b.before, b.woke = b.ticked, now
	}
	b.ticked = now
	return stood
}

// still reports whether nobody has looked for too long. The caller holds mu.
func (b *heartbeats) still(now time.Time) bool {
	return !b.ticked.IsZero() && now.Sub(b.ticked) >= max(b.every/4, stillLeast)
}

// beat renews the holds, if the server hears it. A lost beat is made good by the next one; a lost hold
// stays lost.
func (b *heartbeats) beat(ctx context.Context, renew func(context.Context, []*held)) {
	if sabotage.Guard == sabotage.NoBeats {
		return
	}
	b.glance(time.Now())
	all := b.snapshot()
	ctx, cancel := context.WithTimeout(ctx, b.every/2)
	defer cancel()
	renew(ctx, all)
}

func (b *heartbeats) snapshot() []*held {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]*held, 0, len(b.held))
	for _, h := range b.held {
		if !h.lost() && !h.final.Load() {
			out = append(out, h)
		}
	}
	return out
}
