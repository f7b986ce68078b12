package consumer

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
)

// unheard is JetStream without a connection. It counts what is begun all the same.
type unheard struct {
	jetstream.JetStream
	jetstream.Msg
	nc    *nats.Conn
	begun atomic.Int32
}

func (u *unheard) Conn() *nats.Conn { return u.nc }

func (u *unheard) count() error {
	u.begun.Add(1)
	return nats.ErrReconnectBufExceeded
}

func (u *unheard) PublishMsg(context.Context, *nats.Msg, ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	return nil, u.count()
}

func (u *unheard) Stream(context.Context, string) (jetstream.Stream, error) { return nil, u.count() }

func (u *unheard) Consumer(context.Context, string, string) (jetstream.Consumer, error) {
	return nil, u.count()
}

func (u *unheard) CreateOrUpdateConsumer(context.Context, string, jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	return nil, u.count()
}

func (u *unheard) DoubleAck(context.Context) error { return u.count() }

func (u *unheard) Lookup(project, id string) (*schema.Webhook, bool) {
	return &schema.Webhook{Project: project, ID: id}, true
}

func (u *unheard) Fetch(context.Context, string, string) (*schema.Webhook, bool, error) {
	return nil, false, u.count()
}

func TestNothingIsBegunWhileNATSIsAway(t *testing.T) {
	t.Parallel()
	srv, err := devstack.StartNATS(t.TempDir(), -1)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(srv.URL(), nats.ReconnectBufSize(-1), nats.MaxReconnects(-1))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	srv.Close()
	for nc.IsConnected() {
		time.Sleep(time.Millisecond)
	}
	for name, do := range map[string]func(context.Context, *Consumer, *held){
		"a publish": func(_ context.Context, c *Consumer, h *held) {
			h.until.Set(time.Now().Add(time.Second))
			if err := c.publish(h, &nats.Msg{Subject: "x", Header: nats.Header{}}, nil); !errors.Is(err, errHoldLost) {
				t.Errorf("a publish ended with %v", err)
			}
		},
		"an ack": func(_ context.Context, _ *Consumer, h *held) { h.ack() },
		"a word about what is held": func(ctx context.Context, c *Consumer, h *held) {
			if err := c.tellServer(ctx, []*held{h}, beatPayload); !errors.Is(err, errAway) {
				t.Errorf("a word ended with %v", err)
			}
		},
		"a look for backlogs": func(ctx context.Context, c *Consumer, _ *held) { c.backlog.run(ctx) },
		"a drain": func(ctx context.Context, c *Consumer, _ *held) {
			(&drain{backlog: &c.backlog, project: "acme", webhook: "crm"}).run(ctx)
		},
		"a pull": func(ctx context.Context, c *Consumer, _ *held) { (&source{consumer: c}).pull(ctx) },
		"a look at a consumer": func(ctx context.Context, c *Consumer, _ *held) {
			(&source{consumer: c}).mend(ctx, nats.ErrNoResponders)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			u := &unheard{nc: nc}
			c := &Consumer{JS: u, Webhooks: u, Metrics: NewMetrics(prometheus.NewRegistry()), Log: zerolog.Nop(), AckWait: 30 * time.Second, last: ctx}
			c.gate.budget = 4
			c.backlog.begin(ctx, c)
			do(ctx, c, &held{consumer: c, msg: u})
			if n := u.begun.Load(); n != 0 {
				t.Errorf("%d requests were begun", n)
			}
		})
	}
}
