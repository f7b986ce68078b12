package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/natstest"
)

// A worker that was cut off must not be heard later: what it says then may have become another worker's to say.
func TestNothingSaidWhileNATSIsAwayArrivesLater(t *testing.T) {
	t.Parallel()
	start := natstest.Restarts(t)
	srv := start()
	nc, err := app.ConnectNATS(t.Context(), app.Stores{NATSURL: srv.URL()}, "test", zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	seen, err := nc.SubscribeSync("news")
	if err != nil {
		t.Fatal(err)
	}
	srv.Close()
	waitFor(t, 10*time.Second, "the loss", func() bool { return !nc.IsConnected() })
	if err := nc.Publish("news", []byte("old")); !errors.Is(err, nats.ErrReconnectBufExceeded) {
		t.Fatalf("published while away: %v", err)
	}
	start()
	waitFor(t, 10*time.Second, "a connection", nc.IsConnected)
	if err := nc.Publish("news", []byte("new")); err != nil {
		t.Fatal(err)
	}
	msg, err := seen.NextMsg(10 * time.Second)
	if err != nil || string(msg.Data) != "new" {
		t.Fatalf("read %v, %v", msg, err)
	}
}

func TestANATSURLThatCannotBeReadIsNotQuoted(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"nats://user:pa/ss@nats:4222", "nats://user:pa%ss@nats:4222", "nats://ok:4222,nats://user:pa#ss@nats:4222", "tls://user:pa?ss@nats:4222", "nats://"} {
		for name, err := range map[string]error{
			"connecting": connectError(t.Context(), url),
			"settings":   (&app.Config{Stores: app.Stores{NATSURL: url}}).Validate(),
		} {
			if err == nil || !strings.Contains(err.Error(), "nats-url: must be URLs like") || strings.Contains(err.Error(), "pa") && strings.Contains(err.Error(), "ss@") {
				t.Errorf("%s, %s: %v", url, name, err)
			}
		}
	}
	for _, url := range []string{"127.0.0.1:4222", "nats://a:b@nats-0:4222, nats-1:4222", "tls://[::1]:4222", "ws://nats:8080", "nats"} {
		if err := (&app.Config{Stores: app.Stores{NATSURL: url}}).Validate(); err != nil && strings.Contains(err.Error(), "nats-url") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func connectError(ctx context.Context, url string) error {
	_, err := app.ConnectNATS(ctx, app.Stores{NATSURL: url}, "test", zerolog.Nop())
	return err
}
