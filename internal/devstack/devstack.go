// Package devstack is everything a worker talks to, in one process: NATS with JetStream, Redis, a
// webhook endpoint and a token server that misbehave on request. The dev mode and the tests share it.
//
// It listens on loopback only, and nothing that runs in production imports it.
package devstack

import (
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/nats-io/nats-server/v2/server"
)

// NATS is an embedded server with JetStream on file storage.
type NATS struct {
	srv *server.Server
	dir string
}

// StartNATS starts a server that stores in dir, on the given port (-1 for any free one).
func StartNATS(dir string, port int) (*NATS, error) {
	return StartNATSWith(dir, &server.Options{ServerName: "journeyhook-dev", Port: port})
}

// StartNATSNode starts a server of a cluster, which the others reach on the port for routes. Routes are
// the URLs of all of them. No server tells others, or clients, where it is: what lies between stays there.
func StartNATSNode(dir string, port, routesPort int, routes []*url.URL) (*NATS, error) {
	return StartNATSWith(dir, &server.Options{
		ServerName: fmt.Sprintf("journeyhook-dev-%d", port), Port: port, Routes: routes,
		Cluster: server.ClusterOpts{Name: "journeyhook-dev", Host: "127.0.0.1", Port: routesPort, NoAdvertise: true, Advertise: "127.0.0.1:1"},
	})
}

// StartNATSWith starts a server with options of the caller's, on loopback, that stores in dir.
func StartNATSWith(dir string, o *server.Options) (*NATS, error) {
	o.Host, o.JetStream, o.StoreDir, o.NoSigs, o.NoLog = "127.0.0.1", true, dir, true, true
	srv, err := server.NewServer(o)
	if err != nil {
		return nil, fmt.Errorf("embedded NATS: %w", err)
	}
	srv.Start()
	if !srv.ReadyForConnections(20 * time.Second) {
		srv.Shutdown()
		return nil, errors.New("embedded NATS: not ready within 20 s")
	}
	return &NATS{srv: srv, dir: dir}, nil
}

// Name is the server's, as it calls itself in a cluster.
func (n *NATS) Name() string { return n.srv.Name() }

// URL is what clients connect to.
func (n *NATS) URL() string { return n.srv.ClientURL() }

// LimitStore lets the server store so many bytes and no more; -1 lifts the limit.
func (n *NATS) LimitStore(bytes int64) error {
	limits := server.JetStreamAccountLimits{
		MaxMemory: -1, MaxStore: bytes, MaxStreams: -1, MaxConsumers: -1, MaxAckPending: -1, MemoryMaxStreamBytes: -1, StoreMaxStreamBytes: -1,
	}
	if err := n.srv.GlobalAccount().UpdateJetStreamLimits(map[string]server.JetStreamAccountLimits{"": limits}); err != nil {
		return fmt.Errorf("embedded NATS: limit its store: %w", err)
	}
	return nil
}

// Close shuts the server down and waits for it.
func (n *NATS) Close() {
	n.srv.Shutdown()
	n.srv.WaitForShutdown()
}

// Redis is an embedded Redis, which forgets everything when it ends.
type Redis struct {
	*miniredis.Miniredis
	stop chan struct{}
	done sync.WaitGroup
}

// StartRedis starts one on a free loopback port. Its clock runs, so keys expire.
func StartRedis() (*Redis, error) {
	r := &Redis{Miniredis: miniredis.NewMiniRedis(), stop: make(chan struct{})}
	if err := r.Start(); err != nil {
		return nil, fmt.Errorf("embedded Redis: %w", err)
	}
	r.done.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.FastForward(time.Second)
			case <-r.stop:
				return
			}
		}
	})
	return r, nil
}

// Close ends it.
func (r *Redis) Close() {
	close(r.stop)
	r.done.Wait()
	r.Miniredis.Close()
}
