// Package devstack is everything a worker talks to, in one process: NATS with JetStream, Redis, a
// webhook endpoint and a token server that misbehave on request. The dev mode and the tests share it.
//
// It listens on loopback only, and nothing that runs in production imports it.
package devstack

import (
	"errors"
	"fmt"
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
	srv, err := server.NewServer(&server.Options{
		ServerName: "journeyhook-dev", Host: "127.0.0.1", Port: port,
		JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true,
	})
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

// URL is what clients connect to.
func (n *NATS) URL() string { return n.srv.ClientURL() }

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
