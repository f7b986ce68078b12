package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// stack is a fresh nats-server, an endpoint and Redis for one row.
type stack struct {
	self, worker, dir string
	natsURL, endpoint string
	nats, web         *process
	redis             *devstack.Redis
	nc                *nats.Conn
	js                jetstream.JetStream

	mu   sync.Mutex
	sent map[string]time.Time
	took map[string]time.Duration // by step, from publish to result
}

func newStack(self, worker string) (*stack, error) {
	s := &stack{self: self, worker: worker, sent: map[string]time.Time{}, took: map[string]time.Duration{}}
	if err := s.open(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stack) open() (err error) {
	if s.dir, err = os.MkdirTemp("", "journeyhook-bench-"); err != nil {
		return err
	}
	natsPort, err := freePort()
	if err != nil {
		return err
	}
	webPort, err := freePort()
	if err != nil {
		return err
	}
	s.natsURL, s.endpoint = fmt.Sprintf("nats://127.0.0.1:%d", natsPort), fmt.Sprintf("http://127.0.0.1:%d", webPort)
	if s.nats, err = start(nil, s.self, "-role", "nats", "-addr", fmt.Sprintf("%d,%s", natsPort, filepath.Join(s.dir, "nats"))); err != nil {
		return err
	}
	if s.web, err = start(nil, s.self, "-role", "endpoint", "-addr", fmt.Sprintf("127.0.0.1:%d", webPort)); err != nil {
		return err
	}
	if s.redis, err = devstack.StartRedis(); err != nil {
		return err
	}
	if s.nc, err = nats.Connect(s.natsURL, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond)); err != nil {
		return err
	}
	for deadline := time.Now().Add(20 * time.Second); !s.nc.IsConnected(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New("nats-server did not start")
		}
	}
	if s.js, err = jetstream.New(s.nc); err != nil {
		return err
	}
	stores := app.Stores{Prefix: "journeyhook", Replicas: 1, DuplicateWindow: 5 * time.Minute}
	if err := app.Provision(context.Background(), s.js, stores); err != nil {
		return err
	}
	_, err = s.nc.Subscribe(schema.Names{}.All("results"), s.note)
	return err
}

func (s *stack) close() {
	if s.nc != nil {
		s.nc.Close()
	}
	for _, p := range []*process{s.web, s.nats} {
		if p != nil {
			p.stop()
		}
	}
	if s.redis != nil {
		s.redis.Close()
	}
	_ = os.RemoveAll(s.dir)
}

// note takes the time of a result.
func (s *stack) note(m *nats.Msg) {
	var r struct {
		StepID string `json:"stepId"`
	}
	if json.Unmarshal(m.Data, &r) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.sent[r.StepID]; ok {
		s.took[r.StepID] = time.Since(at)
	}
}

func (s *stack) save(w *schema.Webhook) error {
	kv, err := s.js.KeyValue(context.Background(), schema.Names{}.WebhooksBucket())
	if err != nil {
		return err
	}
	w.Normalize()
	_, err = (&webhooks.Store{KV: kv}).Create(context.Background(), w)
	return err
}

// publish sends a step without waiting; flush waits for all.
func (s *stack) publish(id, webhook string) error {
	data := fmt.Appendf(nil, stepTemplate, id, webhook, time.Now().UTC().Format(time.RFC3339Nano))
	s.mu.Lock()
	s.sent[id] = time.Now()
	s.mu.Unlock()
	_, err := s.js.PublishAsync(schema.Names{}.StepSubject("bench", webhook), data, jetstream.WithMsgID("bench:"+id), jetstream.WithStallWait(30*time.Second))
	return err
}

func (s *stack) flush() error {
	select {
	case <-s.js.PublishAsyncComplete():
		return nil
	case <-time.After(60 * time.Second):
		return errors.New("the steps were not stored within 60 s")
	}
}

// done waits until n steps have results.
func (s *stack) done(n int, within time.Duration) error {
	for deadline := time.Now().Add(within); ; time.Sleep(2 * time.Millisecond) {
		s.mu.Lock()
		have := len(s.took)
		s.mu.Unlock()
		if have >= n {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d results within %s", have, n, within)
		}
	}
}

// percentile is of the steps whose webhook's name begins their id, in milliseconds.
func (s *stack) percentile(prefix string, p float64) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []time.Duration
	for id, d := range s.took {
		if len(id) >= len(prefix) && id[:len(prefix)] == prefix {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return 0
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return float64(all[min(int(p*float64(len(all))), len(all)-1)].Microseconds()) / 1000
}

func (s *stack) startWorker() (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	admin := fmt.Sprintf("127.0.0.1:%d", port)
	p, err := start([]string{
		"JOURNEYHOOK_NATS_URL=" + s.natsURL, "JOURNEYHOOK_REDIS_URL=redis://" + s.redis.Addr() + "/0", "JOURNEYHOOK_LOG_LEVEL=warn",
		"JOURNEYHOOK_EGRESS_ALLOW=127.0.0.0/8", "JOURNEYHOOK_EGRESS_ALLOW_HTTP=true", "JOURNEYHOOK_ADMIN_ADDR=" + admin,
	}, s.worker)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(20 * time.Second); app.Probe(context.Background(), admin) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.stop()
			return nil, errors.New("the worker was not ready within 20 s")
		}
	}
	return p, nil
}

func buildWorker(dir string) (string, error) {
	path := filepath.Join(dir, "worker")
	out, err := exec.Command("go", "build", "-o", path, "./cmd/worker").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the worker: %w: %s", err, out)
	}
	return path, nil
}

// stepTemplate is a step of about 1.1 KB: id, webhook, time.
const stepTemplate = `{"id":%q,"projectId":"bench","workflowId":1,"tile":{"id":"7","type":"callWebhook"},"webhookId":%q,` +
	`"user":{"email":"test.user@example.com","userId":"u_8f3a91","profile":{"firstName":"Pat","lastName":"O'Brien & Sons","city":"San Francisco",` +
	`"state":"California","plan":"gold","age":34,"lifetimeValue":1289.5,"isVip":true,"phoneNumber":"+14155550123","locale":"en_US",` +
	`"signupDate":"2024-02-29T13:45:10Z","company":"Example Industries","address":{"street":"1 Main St","zip":"02139","geo":{"lat":42.36,"lng":-71.09}},` +
	`"favorites":["red","green","blue"],"interests":["running","cooking","travel","music"],"preferences":{"newsletter":true,"sms":false,"frequency":"weekly"}}},` +
	`"trigger":{"type":"purchase","dataFields":{"orderId":10045,"total":149.95,"currency":"USD","coupon":null,"items":[{"sku":"A-1","name":"Shoe","price":29.99,"qty":2},` +
	`{"sku":"B-2","name":"Hat","price":15,"qty":1},{"sku":"C-3","name":"Bag","price":89.97,"qty":1}]}},"reachedAt":%q}`
