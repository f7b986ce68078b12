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
	log   zerolog.Logger

	missing *prometheus.GaugeVec
	emptied *prometheus.CounterVec
	known   map[string]*seenStream

	mu    sync.Mutex
	fault error
}

func newStreamWatch(js jetstream.JetStream, n schema.Names, log zerolog.Logger, r prometheus.Registerer) *streamWatch {
	w := &streamWatch{
		js: js, names: n, log: log, known: map[string]*seenStream{},
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
		had, err := w.deliveries(ctx)
		if err != nil {
			had = nil // no purge can be told from it, but whether a stream is missing can
		}
		found, err := w.look(ctx)
		if err != nil {
			continue // NATS is away or slow, which says nothing about the streams
		}
		told.tell(found.lost())
		for _, name := range found.missing {
			delete(w.known, name) // that it is gone is told elsewhere, and who makes it anew then was asked
		}
		for name, info := range found.infos {
			w.compare(ctx, name, &seenStream{info: info, had: had})
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
func (w *streamWatch) compare(ctx context.Context, name string, now *seenStream) {
	before := w.known[name]
	w.known[name] = now
	var what string
	switch {
	case before == nil:
		return
	case !now.info.Created.Equal(before.info.Created):
		what = "the stream was deleted and made anew"
	case !now.emptiedSince(before):
		return
	default:
		has, err := w.deliveries(ctx)
		if err != nil || !now.unexplained(before, has[name]) {
			return
		}
		what = "the stream was purged"
	}
	w.emptied.WithLabelValues(name).Inc()
	w.log.Error().Str("stream", name).Str("cost", core(w.names)[name]).Msg(what + ", not by journeyhook; restore it from a backup if you have one")
}
