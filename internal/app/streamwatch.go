package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
)

const watchEvery = 3 * time.Second

// streamWatch looks every few seconds whether the streams that steps are in are still there, and still those that they
// were. While one is missing the worker is not ready.
type streamWatch struct {
	js    jetstream.JetStream
	names schema.Names
	holds func(stream string) []uint64 // sequences that this worker has
	log   zerolog.Logger

	missing *prometheus.GaugeVec
	emptied *prometheus.CounterVec
	known   map[string]*seenStream

	mu    sync.Mutex
	fault error
}

// seenStream is what the last look found.
type seenStream struct {
	created   time.Time
	messages  uint64
	first     uint64
	newest    time.Time         // when the last message was stored
	doubtful  []uint64          // that this worker had although the stream began behind them
	consumers map[string]uint64 // the shared ones, and how much each had delivered
	inFlight  uint64            // delivered and not acked
	others    bool              // it has consumers that are not shared, as the backlogs'
}

func newStreamWatch(js jetstream.JetStream, n schema.Names, holds func(string) []uint64, log zerolog.Logger, r prometheus.Registerer) *streamWatch {
	w := &streamWatch{
		js: js, names: n, holds: holds, log: log, known: map[string]*seenStream{},
		missing: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "journeyhook_stream_missing", Help: "1 for a stream that was deleted, and is neither restored nor adopted.",
		}, []string{"stream"}),
		emptied: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "journeyhook_stream_emptied_total", Help: "Times that a stream was purged, or made anew, while this worker ran.",
		}, []string{"stream"}),
	}
	r.MustRegister(w.missing, w.emptied)
	for name := range core(n) {
		w.missing.WithLabelValues(name)
		w.emptied.WithLabelValues(name)
	}
	return w
}

// Run looks until ctx ends.
func (w *streamWatch) Run(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	told := teller{log: w.log}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		held := map[string][]uint64{}
		for name := range core(w.names) {
			held[name] = w.holds(name) // before the look: what is taken up later may be acked before its end
		}
		found, err := w.look(ctx)
		if err != nil {
			continue // NATS is away or slow, which says nothing about the streams
		}
		told.tell(found.lost())
		for name := range core(w.names) {
			w.compare(ctx, name, found.infos[name], held[name])
		}
	}
}

func (w *streamWatch) look(ctx context.Context) (stock, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	found, err := takeStock(ctx, w.js, w.names)
	if err != nil {
		return found, err
	}
	found.bucket = true // the view over it tells of it
	fault := found.lost()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = fault
	for name := range core(w.names) {
		gone := 0.0
		if fault != nil && slices.Contains(found.missing, name) {
			gone = 1
		}
		w.missing.WithLabelValues(name).Set(gone)
	}
	return found, nil
}

// Ready says which stream is missing, nil when none is.
func (w *streamWatch) Ready() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fault
}

// compare tells when a stream is another one than at the last look, or was emptied since. It is told once: nothing can
// be done but to restore it.
func (w *streamWatch) compare(ctx context.Context, name string, info *jetstream.StreamInfo, held []uint64) {
	if info == nil {
		delete(w.known, name) // that it is gone is told elsewhere, and who makes it anew then was asked
		return
	}
	now := &seenStream{created: info.Created, messages: info.State.Msgs, first: info.State.FirstSeq, newest: info.State.LastTime}
	var err error
	if now.consumers, now.inFlight, err = w.deliveries(ctx, name); err != nil {
		return
	}
	now.others = info.State.Consumers > len(now.consumers)
	for _, sequence := range held {
		if sequence < now.first {
			now.doubtful = append(now.doubtful, sequence)
		}
	}
	before := w.known[name]
	w.known[name] = now
	var what string
	switch {
	case before == nil:
		return
	case !before.created.Equal(now.created):
		what = "the stream was deleted and made anew"
	case now.purgedSince(before, info):
		what = "the stream was purged"
	default:
		return
	}
	now.doubtful = nil
	w.emptied.WithLabelValues(name).Inc()
	w.log.Error().Str("stream", name).Str("cost", core(w.names)[name]).Msg(what + ", not by journeyhook; restore it from a backup if you have one")
}

// purgedSince reports whether messages went that nobody acked. A message in a worker's hands may be acked just now, so
// it counts when it was in its hands at two looks.
func (s *seenStream) purgedSince(before *seenStream, info *jetstream.StreamInfo) bool {
	for _, sequence := range s.doubtful {
		if slices.Contains(before.doubtful, sequence) {
			return true
		}
	}
	if s.messages > 0 || before.messages == 0 {
		return false
	}
	if info.Config.Retention != jetstream.WorkQueuePolicy {
		return info.Config.MaxAge == 0 || info.TimeStamp.Sub(before.newest) < info.Config.MaxAge/2
	}
	if s.others || before.others {
		return false
	}
	acked := before.inFlight
	for name, delivered := range s.consumers {
		was, same := before.consumers[name]
		if !same || delivered < was {
			return false // nobody can tell how many it delivered
		}
		acked += delivered - was
	}
	return before.messages > acked
}

// deliveries are how much each shared consumer of a stream has delivered so far, and how much of that is not acked.
func (w *streamWatch) deliveries(ctx context.Context, name string) (map[string]uint64, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	all, inFlight := map[string]uint64{}, uint64(0)
	for _, want := range Consumers(Stores{Prefix: w.names.Prefix})[name] {
		cons, err := w.js.Consumer(ctx, name, want.Durable)
		if err != nil {
			return nil, 0, err
		}
		info := cons.CachedInfo()
		all[info.Name] = info.Delivered.Consumer
		inFlight += uint64(info.NumAckPending)
	}
	return all, inFlight, nil
}
