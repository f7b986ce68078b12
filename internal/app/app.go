// Package app wires a worker together, in one straight line that production, the dev mode and the
// tests of the whole all run.
package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/limits"
	"github.com/journeyhook/journeyhook/notifications"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/tokencache"
	"github.com/journeyhook/journeyhook/webhooks"
)

// Version is what the worker calls itself, set at build time.
var Version = "dev"

// Worker is one worker process's worth of parts.
type Worker struct {
	Config
	Log   zerolog.Logger
	Admin net.Listener // nil listens on AdminAddr
}

// Run works until ctx ends, then shuts down within the grace and returns nil. An error means the
// worker could not start, or a part of it broke.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.Validate(); err != nil {
		return err
	}
	egress, err := w.egress()
	if err != nil {
		return err
	}
	transport, err := egress.Transport()
	if err != nil {
		return err
	}
	defer transport.Close()
	keys, err := w.Keys()
	if err != nil {
		return err
	}
	rdb, err := ConnectRedis(w.Stores)
	if err != nil {
		return err
	}
	defer rdb.Close()
	logTracing(w.Log)
	tracer, stopTracing, err := startTracing(ctx)
	if err != nil {
		return err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if err := stopTracing(last); err != nil {
			w.Log.Warn().Err(err).Msg("tracing: the last spans are lost")
		}
	}()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	rdb.AddHook(newRedisFailures(registry))

	listener, err := listen(w.Admin, w.AdminAddr, "admin port")
	if err != nil {
		return err
	}
	defer listener.Close()
	ready := &readiness{}
	registry.MustRegister(ready.metric())
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	group, background := errgroup.WithContext(background)
	group.Go(func() error { return serveAdmin(background, listener, adminHandler(registry, ready)) })

	nc, js, err := connectJetStream(ctx, w.Stores, "journeyhook-worker", w.Log)
	if err != nil {
		return stopped(ctx, err)
	}
	defer nc.Close()
	if err := w.provision(ctx, js, ready); err != nil {
		return stopped(ctx, err)
	}
	selfCheck(ctx, js, rdb, w.Config, w.Log)
	var tilesKV jetstream.KeyValue
	if err := patiently(ctx, w.Log, ready.noting(func() (err error) {
		tilesKV, err = js.KeyValue(ctx, w.Names().TilesBucket())
		return err
	})); err != nil {
		return stopped(ctx, fmt.Errorf("bucket %s: %w", w.Names().TilesBucket(), err))
	}

	view := w.definitions(js, keys, w.Log)
	view.Used = firstUse(js, w.Names())
	tiles := &webhooks.Tiles{KV: tilesKV, Log: w.Log}
	notifier := &notifications.Center{
		Redis: rdb, Prefix: w.Prefix, Window: w.NotificationWindow, Log: w.Log,
		Publisher: notificationPublisher{js, w.Names()},
	}
	tokens := &tokencache.Cache{
		Redis: rdb, Keys: keys, Client: &http.Client{Transport: transport}, Prefix: w.Prefix,
		UserAgent: "journeyhook/" + Version, AllowHTTP: w.EgressAllowHTTP, Explain: explain, Log: w.Log, OnFetch: tokenMetrics(registry),
	}
	defer tokens.Close()
	dispatch := &dispatcher.Dispatcher{
		Transport: transport, Tokens: tokens, AllowHTTP: w.EgressAllowHTTP, KeyNames: w.EgressKeyNames, Version: Version, Tracer: tracer,
	}
	name := workerName()
	steps := &consumer.Consumer{
		JS: js, Names: w.Names(), Webhooks: view, Dispatcher: dispatch, Notifier: notifier, Tiles: tiles,
		Limits:  &limits.Limiter{Redis: rdb, Prefix: w.Prefix, Worker: name},
		Takes:   takes{rdb, w.Prefix},
		Metrics: consumer.NewMetrics(registry), Log: w.Log, Worker: name, Heals: w.Provision,
		MaxInFlight: w.MaxInFlight, AckWait: ackWait, ShutdownGrace: w.ShutdownGrace,
	}
	dispatch.Room = steps.Room
	streams := newStreamWatch(js, w.Names(), w.Log, registry)
	steps.Blocked = func() error { return errors.Join(view.Gone(), streams.Ready()) }
	ready.set(
		check{"nats", func() error { return connected(nc) }},
		check{"webhooks", view.Ready},
		check{"streams", streams.Ready},
		check{"consumers", steps.Ready},
	)
	group.Go(func() error { return view.Run(background) })
	group.Go(func() error { return streams.Run(background) })
	group.Go(func() error { return tiles.Run(background) })
	group.Go(func() error { return notifier.Run(background) })
	group.Go(func() error {
		defer stopBackground() // the consumer ends first: everything else serves it
		working, stop := context.WithCancel(ctx)
		defer stop()
		context.AfterFunc(background, stop) // another part broke
		if !waitUntil(working, view.Loaded) {
			return nil
		}
		w.Log.Info().Str("version", Version).Str("worker", steps.Worker).Int("webhooks", view.Len()).Msg("worker started")
		if err := patiently(working, w.Log, func() error { return steps.Bind(working) }); err != nil {
			return stopped(working, err)
		}
		steps.Run(working)
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	flush(nc)
	w.Log.Info().Msg("worker stopped")
	return nil
}

func (w *Worker) provision(ctx context.Context, js jetstream.JetStream, ready *readiness) error {
	try := func() error { return Lost(ctx, js, w.Stores) }
	if w.Provision {
		try = func() error { return Provision(ctx, js, w.Stores) }
	}
	reached := func() error { return w.Unreached(try()) }
	if err := untilAdopted(ctx, w.Log, func() error { return patiently(ctx, w.Log, ready.noting(reached)) }); err != nil {
		return err
	}
	return patiently(ctx, w.Log, ready.noting(func() error { return checkFitness(ctx, js, w.Stores, w.Log) }))
}

// waitUntil reports whether the condition came true before ctx ended.
func waitUntil(ctx context.Context, condition func() bool) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// stopped is nil when the error only says that we were asked to stop.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// flush sends what is still buffered: attempt records, which are published without waiting. Results
// were acknowledged long ago.
func flush(nc *nats.Conn) {
	if nc.IsConnected() {
		_ = nc.FlushTimeout(2 * time.Second)
	}
}

func connected(nc *nats.Conn) error {
	if nc.IsConnected() {
		return nil
	}
	return errors.New("not connected")
}

func workerName() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

// explain is the dispatcher's word on a transport fault, for the token cache.
func explain(err error) string {
	_, detail := dispatcher.Explain(err)
	return detail
}

func tokenMetrics(r prometheus.Registerer) func(string) {
	fetches := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "journeyhook_token_requests_total", Help: "Fetches of OAuth tokens, of up to three requests each, by result.",
	}, []string{"result"})
	r.MustRegister(fetches)
	return func(result string) { fetches.WithLabelValues(result).Inc() }
}

// notificationPublisher puts notifications into their stream.
type notificationPublisher struct {
	js    jetstream.JetStream
	names schema.Names
}

func (p notificationPublisher) Publish(ctx context.Context, n schema.Notification, msgID string) error {
	data, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("notification: %w", err)
	}
	_, err = p.js.Publish(ctx, p.names.NotificationSubject(n.ProjectID), data, jetstream.WithMsgID(msgID))
	return err
}
