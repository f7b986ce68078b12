package app_test

import (
	"errors"
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
