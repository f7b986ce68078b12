package notifications

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*Server).startGoRoutine.func1"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.init.0.func1"))
}

// board is a notification center's stream: a message id is there once.
type board struct {
	mu     sync.Mutex
	down   bool // publishing fails
	ids    map[string]bool
	posted []schema.Notification
}

func (b *board) Publish(_ context.Context, n schema.Notification, msgID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return errors.New("no responders")
	}
	if b.ids == nil {
		b.ids = map[string]bool{}
	}
	if !b.ids[msgID] {
		b.ids[msgID] = true
		b.posted = append(b.posted, n)
	}
	return nil
}

func (b *board) setDown(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

// counts are those of what was posted, in order.
func (b *board) counts() []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	counts := []int64{}
	for _, n := range b.posted {
		counts = append(counts, n.Count)
	}
	return counts
}

func (b *board) want(t *testing.T, want ...int64) {
	t.Helper()
	if got := b.counts(); !slices.Equal(got, want) {
		t.Errorf("the counts posted are %v, want %v", got, want)
	}
}

func (b *board) eventually(t *testing.T, want ...int64) {
	t.Helper()
	for range 1000 {
		if slices.Equal(b.counts(), want) {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	b.want(t, want...)
}

// trouble is a notification about a webhook.
func trouble(webhook string) schema.Notification {
	return schema.Notification{
		ProjectID: "acme", WebhookID: webhook, Kind: schema.KindWebhookFailing, Reason: schema.ReasonStatus, Status: 500,
		Sample: schema.Sample{StepID: "s1", WorkflowID: 12345, TileID: "7", Detail: "answered 500"},
	}
}

// run starts a center and returns what stops it.
func run(t *testing.T, c *Center) (stop func()) {
	c.Log = zerolog.New(zerolog.NewTestWriter(t))
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

// eachRedis runs a test on the embedded Redis and on a real one.
func eachRedis(t *testing.T, test func(t *testing.T, client func() redis.UniversalClient)) {
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		addr := miniredis.RunT(t).Addr()
		test(t, func() redis.UniversalClient { return newClient(t, addr) })
	})
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		addr := startRedis(t)
		test(t, func() redis.UniversalClient { return newClient(t, addr) })
	})
}

func newClient(t *testing.T, addr string) redis.UniversalClient {
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialTimeout: 300 * time.Millisecond, DialerRetries: 1})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// startRedis starts a real redis-server, which CI insists on.
func startRedis(t *testing.T) string {
	t.Helper()
	server, err := devstack.StartRedisServer(t.TempDir())
	if errors.Is(err, devstack.ErrNoRedisServer) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server.Addr
}
