package console_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

// server is NATS with every stream and bucket. To make one takes longer than most tests do, so that a test
// hands its own on, emptied.
type server struct {
	dir  string
	nats *devstack.NATS
	nc   *nats.Conn
	js   jetstream.JetStream

	spoilt bool // there is more to it than what was stored: the next test needs another one
}

// servers are those that no test uses now.
var servers pool

type pool struct {
	mu   sync.Mutex
	free []*server
}

// take is a server for one test.
func (p *pool) take(t testing.TB) *server {
	t.Helper()
	p.mu.Lock()
	var s *server
	if n := len(p.free); n > 0 {
		s, p.free = p.free[n-1], p.free[:n-1]
	}
	p.mu.Unlock()
	if s == nil {
		var err error
		if s, err = startServer(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if s.spoilt {
			s.close()
			return
		}
		if err := s.empty(); err != nil {
			s.close()
			t.Error(err)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.free = append(p.free, s)
	})
	return s
}

func (p *pool) close() {
	for _, s := range p.free {
		s.close()
	}
}

func startServer() (*server, error) {
	dir, err := os.MkdirTemp("", "journeyhook-console-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir}
	if s.nats, err = devstack.StartNATS(dir, -1); err != nil {
		return nil, err
	}
	if s.nc, err = nats.Connect(s.nats.URL()); err != nil {
		return nil, err
	}
	if s.js, err = jetstream.New(s.nc); err != nil {
		return nil, err
	}
	return s, app.Provision(context.Background(), s.js, app.Stores{Replicas: 1, Prefix: "journeyhook", DuplicateWindow: 5 * time.Minute})
}

// empty leaves nothing of what was stored.
func (s *server) empty() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	names := s.js.StreamNames(ctx)
	for name := range names.Name() {
		stream, err := s.js.Stream(ctx, name)
		if err != nil {
			return err
		}
		if err := stream.Purge(ctx); err != nil {
			return err
		}
	}
	return names.Err()
}

func (s *server) close() {
	s.nc.Close()
	s.nats.Close()
	_ = os.RemoveAll(s.dir)
}
