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
	tls               bool // of the endpoint
	natsURL, endpoint string
	nats, web         *child.Process
	redisAddr         string
	closeRedis        func()
	nc                *nats.Conn
	js                jetstream.JetStream
	kv                jetstream.KeyValue
	workers           []*child.Process
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
	if s.nats, err = s.play("nats", "-addr", fmt.Sprintf("%d,%s", natsPort, filepath.Join(s.dir, "nats"))); err != nil {
		return err
	}
	if err := s.startEndpoint(); err != nil {
		return err
	}
	if err := s.startRedis(); err != nil {
		return err
	}
	if s.nc, err = nats.Connect(s.natsURL, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond)); err != nil {
		return err
	}
	if err := child.Until(ctx, 20*time.Second, "nats-server is up", s.nc.IsConnected); err != nil {
		return err
	}
	if s.js, err = jetstream.New(s.nc, jetstream.WithPublishAsyncMaxPending(8192)); err != nil {
		return err
	}
	if err := app.Provision(ctx, s.js, app.Stores{Prefix: "journeyhook", Replicas: 1, DuplicateWindow: 5 * time.Minute}); err != nil {
		return err
	}
	if s.kv, err = s.js.KeyValue(ctx, schema.Names{}.WebhooksBucket()); err != nil {
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
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	args := []string{"-addr", addr}
	s.endpoint = "http://" + addr
	if s.tls {
		s.endpoint = "https://" + addr
		args = append(args, "-target", s.certificate())
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

// startRedis prefers a real server.
func (s *stack) startRedis() error {
	server, err := devstack.StartRedisServer(s.dir)
	if err == nil {
		s.redisAddr, s.closeRedis = server.Addr, server.Close
		return nil
	}
	if !errors.Is(err, devstack.ErrNoRedisServer) {
		return err
	}
	embedded, err := devstack.StartRedis()
	if err != nil {
		return err
	}
	s.redisAddr, s.closeRedis = embedded.Addr(), embedded.Close
	return nil
}

func (s *stack) close() {
	if s.nc != nil {
		s.nc.Close()
	}
	for _, p := range append(s.workers, s.nats) {
		if p != nil {
			_ = p.End(syscall.SIGTERM, 10*time.Second)
		}
	}
	if s.web != nil {
		s.web.Kill()
	}
	if s.closeRedis != nil {
		s.closeRedis()
	}
	_ = os.RemoveAll(s.dir)
}

// hook makes a webhook and saves it.
func (s *stack) hook(id, path string, edit ...func(*schema.Webhook)) error {
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name, w.Method, w.Endpoint = "bench", id, id, "POST", s.endpoint+path
	for _, e := range edit {
		e(w)
	}
	w.Normalize()
	keys, err := schema.ParseKeys([]string{secretKey})
	if err != nil {
		return err
	}
	_, _, err = (&webhooks.Store{KV: s.kv, Keys: keys}).Put(context.Background(), w)
	return err
}

// secretKey is a key for stacks that live for one row.
const secretKey = "YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmU="

// startWorkers starts n and waits until they are ready.
func (s *stack) startWorkers(n int) error {
	var admins []string
	for range n {
		port, err := child.FreePort()
		if err != nil {
			return err
		}
		admin := fmt.Sprintf("127.0.0.1:%d", port)
		env := []string{
			"JOURNEYHOOK_NATS_URL=" + s.natsURL, "JOURNEYHOOK_REDIS_URL=redis://" + s.redisAddr + "/0", "JOURNEYHOOK_LOG_LEVEL=error",
			"JOURNEYHOOK_EGRESS_ALLOW=127.0.0.0/8", "JOURNEYHOOK_EGRESS_ALLOW_HTTP=true", "JOURNEYHOOK_ADMIN_ADDR=" + admin,
			"JOURNEYHOOK_SECRET_KEYS=" + secretKey,
		}
		if s.tls {
			env = append(env, "JOURNEYHOOK_EGRESS_CA="+s.certificate())
		}
		p, err := launch("a worker", env, s.worker)
		if err != nil {
			return err
		}
		s.workers, admins = append(s.workers, p), append(admins, admin)
	}
	for _, admin := range admins {
		if err := child.Until(context.Background(), time.Minute, "a worker is ready", func() bool { return app.Probe(context.Background(), admin) == nil }); err != nil {
			return err
		}
	}
	return nil
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
		r.RSS = max(r.RSS, w.RSS())
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
