package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

// guarded is a server that lets one user in.
type guarded struct {
	*server.Server
	options *server.Options
}

func startGuarded(t *testing.T, password string) *guarded {
	t.Helper()
	opts := &server.Options{Host: "127.0.0.1", Port: -1, Username: "worker", Password: password, NoSigs: true, NoLog: true}
	srv, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("no server")
	}
	return &guarded{srv, opts}
}

func (g *guarded) url(password string) string {
	return strings.Replace(g.ClientURL(), "//", "//worker:"+password+"@", 1)
}

func (g *guarded) change(t *testing.T, password string) {
	t.Helper()
	changed := g.options.Clone()
	changed.Password = password
	if err := g.ReloadOptions(changed); err != nil {
		t.Fatal(err)
	}
}

// A password may be changed at the server first: a connection outlives that, and says why it can't be made.
func TestARefusedLoginIsTriedAgain(t *testing.T) {
	t.Parallel()
	srv := startGuarded(t, "first")
	logs := &devstack.Log{}
	nc, err := app.ConnectNATS(t.Context(), app.Stores{NATSURL: srv.url("first")}, "test", zerolog.New(logs))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	srv.change(t, "second")
	waitFor(t, 10*time.Second, "the third refusal", func() bool { return nc.Stats().Reconnects >= 3 })
	srv.change(t, "first")
	waitFor(t, 10*time.Second, "a connection", nc.IsConnected)
	if log := logs.String(); strings.Count(log, "NATS can't be reached") != 1 || !strings.Contains(log, "authorization violation") {
		t.Errorf("the log says:\n%s", log)
	}
}

func TestALoginThatIsRefusedAtOnceIsToldApart(t *testing.T) {
	t.Parallel()
	srv := startGuarded(t, "right")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, err := app.ConnectNATS(ctx, app.Stores{NATSURL: srv.url("wrong")}, "test", zerolog.Nop())
	if !app.RefusedLogin(err) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("%v", err)
	}
}
