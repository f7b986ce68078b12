package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
)

// node is one nats-server.
type node struct {
	*child.Process
	port, routes int // routes is where other nodes connect
	ways         []way
}

// buildNATS starts a server or a cluster of them, and makes streams with as many replicas.
func (w *world) buildNATS(ctx context.Context) error {
	for range w.run.nodes {
		port, err := child.FreePort()
		if err != nil {
			return err
		}
		routes, err := child.FreePort()
		if err != nil {
			return err
		}
		w.nodes = append(w.nodes, &node{port: port, routes: routes})
	}
	if err := w.buildRoutes(); err != nil {
		return err
	}
	if err := w.startNodes(ctx, w.nodes...); err != nil {
		return err
	}
	w.stores = app.Stores{
		NATSURL: w.natsURL(), Replicas: w.run.copies(), Prefix: "journeyhook",
		DuplicateWindow: duplicateWindow, EgressAllowHTTP: true,
	}
	w.names = w.stores.Names()
	var err error
	w.nc, err = nats.Connect(w.stores.NATSURL, nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // a broken connection is what we want
	if err != nil {
		return err
	}
	if w.js, err = jetstream.New(w.nc); err != nil {
		return err
	}
	if err := w.connectProducer(); err != nil {
		return err
	}
	return w.insist(ctx, func(ctx context.Context) error { return app.Provision(ctx, w.js, w.stores) })
}

func (w *world) natsURL() string {
	var urls []string
	for _, n := range w.nodes {
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", n.port))
	}
	return strings.Join(urls, ",")
}

func (w *world) startNodes(ctx context.Context, some ...*node) error {
	for _, n := range some {
		var routes []string
		for _, l := range n.ways {
			routes = append(routes, "nats://"+l.addr())
		}
		args := []string{"-role", "nats", "-port", fmt.Sprint(n.port), "-dir", filepath.Join(w.dir, fmt.Sprintf("jetstream-%d", n.port))}
		if len(w.nodes) > 1 {
			args = append(args, "-routes", strings.Join(routes, ","), "-routes-port", fmt.Sprint(n.routes))
		}
		var err error
		if n.Process, err = w.start(fmt.Sprintf("nats-%d", n.port), child.Command(nil, w.self, args...)); err != nil {
			return err
		}
	}
	for _, n := range some {
		if err := child.Listening(ctx, n.port); err != nil {
			return err
		}
	}
	return nil
}

// hurtNATS ends all servers, or one of them, and starts them again on the same stores.
func (w *world) hurtNATS(ctx context.Context, p Planned) (Fault, error) {
	w.natsMu.Lock()
	defer w.natsMu.Unlock()
	f := Fault{Kind: p.Kind, Target: "nats", From: time.Now()}
	some, signal := w.nodes, syscall.SIGKILL
	switch p.Kind {
	case NATSRestart:
		signal = syscall.SIGTERM
	case NATSNode:
		some = w.nodes[p.Target%len(w.nodes):][:1]
	}
	if err := w.startAnew(ctx, signal, p.For, some); err != nil {
		return f, err
	}
	f.Until = time.Now()
	if p.Kind != NATSAway { // which is away for longer than the window
		w.publishLatelyAgain(ctx)
	}
	return f, w.recovered(ctx, &f, hookSteady)
}

// startAnew ends servers and starts them again after a while, on the same stores.
func (w *world) startAnew(ctx context.Context, signal syscall.Signal, away time.Duration, some []*node) error {
	for _, n := range some {
		if err := n.End(signal, 30*time.Second); err != nil {
			w.ledger.complain(err)
		}
	}
	_ = pause(ctx, away)
	return w.startNodes(ctx, some...)
}

// stepDown makes the leaders of the streams, and of the consumers that workers share, give up.
func (w *world) stepDown(ctx context.Context, p Planned) (Fault, error) {
	w.natsMu.Lock()
	defer w.natsMu.Unlock()
	f := Fault{Kind: p.Kind, Target: "leaders", From: time.Now()}
	subjects := []string{}
	for _, s := range []string{w.names.Steps(), w.names.Retries(), w.names.Results(), w.names.Backlog()} {
		subjects = append(subjects, "STREAM.LEADER.STEPDOWN."+s)
	}
	for stream, all := range app.Consumers(w.stores) {
		for _, c := range all {
			subjects = append(subjects, "CONSUMER.LEADER.STEPDOWN."+stream+"."+c.Durable)
		}
	}
	var refused error
	done := 0
	for _, s := range subjects {
		msg, err := w.nc.Request(jetstream.DefaultAPIPrefix+s, nil, 5*time.Second)
		var answer struct {
			Success bool `json:"success"`
		}
		if err == nil && json.Unmarshal(msg.Data, &answer) == nil && answer.Success {
			done++
		} else {
			refused = errors.Join(refused, err)
		}
	}
	f.Until = time.Now()
	if done == 0 {
		return f, fmt.Errorf("no leader stepped down: %w", refused)
	}
	return f, w.recovered(ctx, &f, hookSteady)
}

// fillNATS lets the servers store nothing more for a while.
func (w *world) fillNATS(ctx context.Context, p Planned) (Fault, error) {
	w.natsMu.Lock()
	defer w.natsMu.Unlock()
	f := Fault{Kind: p.Kind, Target: "nats", From: time.Now()}
	for _, n := range w.nodes {
		n.Signal(syscall.SIGUSR1)
	}
	_ = pause(ctx, p.For)
	for _, n := range w.nodes {
		n.Signal(syscall.SIGUSR2)
	}
	f.Until = time.Now()
	return f, w.recovered(ctx, &f, hookSteady)
}
