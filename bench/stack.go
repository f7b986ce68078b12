package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// stack is a fresh nats-server, an endpoint and Redis for one row.
type stack struct {
	*runner
	dir               string
	tls               bool     // of the endpoint
	env               []string // of the workers, besides what they need
	natsURL, endpoint string
	nats, web         *child.Process
	redis             *devstack.RedisServer
	nc                *nats.Conn
	js                jetstream.JetStream
	store             *webhooks.Store
	workers           []*child.Process
	admins            []string // addresses of the workers that startWorkers started
	failed            bool     // its logs are kept
	load
}

func newStack(r *runner, edit ...func(*stack)) (*stack, error) {
	s := &stack{runner: r, load: newLoad()}
	for _, f := range edit {
		f(s)
	}
	if err := s.open(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stack) open() (err error) {
	ctx := context.Background()
	if s.dir, err = os.MkdirTemp("", "journeyhook-bench-"); err != nil {
		return err
	}
	natsPort, err := child.FreePort()
	if err != nil {
		return err
	}
	s.natsURL = fmt.Sprintf("nats://127.0.0.1:%d", natsPort)
	if s.nats, err = s.play("nats", "-port", fmt.Sprint(natsPort), "-dir", s.natsDir()); err != nil {
		return err
	}
	if err := s.startEndpoint(); err != nil {
		return err
	}
	if s.redis, err = devstack.StartRedisServer(s.dir); err != nil {
		return fmt.Errorf("a real Redis is part of what is measured: %w (make tools installs it)", err)
	}
	if s.nc, err = nats.Connect(s.natsURL, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond)); err != nil {
		return err
	}
	if err := child.Until(ctx, 20*time.Second, "nats-server is up", s.nc.IsConnected); err != nil {
		return err
	}
	if s.js, err = jetstream.New(s.nc, jetstream.WithPublishAsyncMaxPending(8192), jetstream.WithPublishAsyncErrHandler(s.notStored)); err != nil {
		return err
	}
	if err := app.Provision(ctx, s.js, app.Stores{Prefix: "journeyhook", Replicas: 1, DuplicateWindow: 5 * time.Minute}); err != nil {
		return err
	}
	if err := s.openStore(ctx); err != nil {
		return err
	}
	results, err := s.nc.Subscribe(schema.Names{}.All("results"), s.note)
	if err != nil {
		return err
	}
	return results.SetPendingLimits(-1, -1)
}

func (s *stack) startEndpoint() error {
	port, err := child.FreePort()
	if err != nil {
		return err
	}
	args := []string{"-port", fmt.Sprint(port)}
	s.endpoint = fmt.Sprintf("http://127.0.0.1:%d", port)
	if s.tls {
		s.endpoint = fmt.Sprintf("https://127.0.0.1:%d", port)
		args = append(args, "-certificate", s.certificate())
	}
	if s.web, err = s.play("endpoint", args...); err != nil {
		return err
	}
	return child.Until(context.Background(), 10*time.Second, "the endpoint is up", func() bool {
		if s.tls {
			_, err := os.Stat(s.certificate())
			return err == nil
		}
		return s.ask("_tokens", new(int)) == nil
	})
}

func (s *stack) natsDir() string     { return filepath.Join(s.dir, "nats") }
func (s *stack) certificate() string { return filepath.Join(s.dir, "endpoint.pem") }

// ask reads what the endpoint knows.
func (s *stack) ask(what string, into any) error {
	resp, err := http.Get(s.endpoint + "/" + what)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

func (s *stack) close() {
	if s.nc != nil {
		s.nc.Close()
	}
	_ = s.endWorkers()
	if s.nats != nil {
		_ = s.nats.End(syscall.SIGTERM, 10*time.Second)
	}
	if s.web != nil {
		s.web.Kill()
	}
	if s.redis != nil {
		s.redis.Close()
	}
	_ = os.RemoveAll(s.natsDir())
	if !s.failed {
		_ = os.RemoveAll(s.dir)
	}
}

// explain adds to an error where the workers' logs are.
func (s *stack) explain(err error) error {
	if err == nil {
		return nil
	}
	s.failed = true
	return fmt.Errorf("%w (logs: %s)", err, s.dir)
}

func (s *stack) notStored(_ jetstream.JetStream, m *nats.Msg, err error) {
	s.fail(fmt.Errorf("publish to %s: %w", m.Subject, err))
}

// once waits until each result that was seen is stored, and fails when RESULTS holds another one.
func (s *stack) once() error {
	ctx := context.Background()
	var stored, seen uint64
	var unasked error
	err := child.Until(ctx, 30*time.Second, "one result in RESULTS for each step that has ended", func() bool {
		stream, err := s.js.Stream(ctx, schema.Names{}.Results())
		if unasked = err; err != nil {
			return false
		}
		stored, seen = stream.CachedInfo().State.Msgs, uint64(s.ended())
		return stored == seen
	})
	if err != nil {
		return errors.Join(fmt.Errorf("%w: %d stored, %d steps", err, stored, seen), unasked)
	}
	return s.failure()
}

// usage is what the workers and the server have used so far.
type usage struct{ workers, server time.Duration }

func (s *stack) usage() (u usage) {
	for _, w := range s.workers {
		u.workers += w.CPU()
	}
	u.server = s.nats.CPU()
	return u
}

// figures are the common columns of a row of so many steps since a time.
func (s *stack) figures(steps int, since time.Time, before usage) row {
	now := s.usage()
	perStep := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(steps) }
	r := row{
		Steps: steps, PerSecond: float64(steps) / time.Since(since).Seconds(),
		CPU: perStep(now.workers - before.workers), Server: perStep(now.server - before.server),
	}
	for _, w := range s.workers {
		r.RSS = max(r.RSS, w.PeakRSS())
	}
	return r
}

// play starts this program in one of its roles.
func (s *stack) play(role string, args ...string) (*child.Process, error) {
	return launch(role, nil, s.self, append([]string{"-role", role}, args...)...)
}

// launch starts a program that writes its errors to ours.
func launch(name string, env []string, program string, args ...string) (*child.Process, error) {
	cmd := child.Command(env, program, args...)
	cmd.Stderr = os.Stderr
	return child.Start(name, cmd)
}
