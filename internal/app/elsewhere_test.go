package app_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
)

// elsewhere is a world whose JetStream is not the one that answers on $JS.API.
func elsewhere(t *testing.T, srv *devstack.NATS, login string, where app.Stores) *world {
	t.Helper()
	w := &world{t: t, key: schema.NewKey(), endpoint: devstack.StartEndpoint(), tokens: devstack.StartTokenServer(), nats: srv, redisURL: startRedis(t)}
	t.Cleanup(w.endpoint.Close)
	t.Cleanup(w.tokens.Close)
	where.NATSURL = strings.Replace(srv.URL(), "://", "://"+login, 1)
	var err error
	if w.nc, err = nats.Connect(where.NATSURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.nc.Close)
	if w.js, err = where.JetStream(w.nc); err != nil {
		t.Fatal(err)
	}
	return w
}

// leafOfHub starts a server with JetStream in the domain edge, a leaf node of one whose JetStream is in the domain hub.
func leafOfHub(t *testing.T) *devstack.NATS {
	t.Helper()
	port := freePort(t)
	hub, err := devstack.StartNATSWith(t.TempDir(), &server.Options{
		ServerName: "hub", Port: -1, JetStreamDomain: "hub", LeafNode: server.LeafNodeOpts{Host: "127.0.0.1", Port: port},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	leaf, err := devstack.StartNATSWith(t.TempDir(), &server.Options{
		ServerName: "edge", Port: -1, JetStreamDomain: "edge",
		LeafNode: server.LeafNodeOpts{
			ReconnectInterval: 100 * time.Millisecond,
			Remotes:           []*server.RemoteLeafOpts{{URLs: []*url.URL{{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", port)}}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leaf.Close)
	return leaf
}

// Everything goes on in the hub's domain: making what is missing, a step, a retry, the backlog of a paused webhook, the past
// of a step that comes back, and what people look at.
func TestTheDomainBehindALeafNode(t *testing.T) {
	t.Parallel()
	where := app.Stores{NATSDomain: "hub"}
	w := elsewhere(t, leafOfHub(t), "", where)
	waitFor(t, 10*time.Second, "the leaf node's connection", func() bool { _, err := w.js.AccountInfo(t.Context()); return err == nil })
	w.goesOn(func(c *app.Config) { c.NATSDomain = where.NATSDomain })

	own, err := jetstream.New(w.nc)
	if err != nil {
		t.Fatal(err)
	}
	for name := range own.StreamNames(t.Context()).Name() {
		t.Errorf("%s was made in the leaf node's own domain", name)
	}
}

// The same by the prefix of what an account imports, as docs/operating.md shows it.
func TestAnImportedAccountsPrefix(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, conf, _ := strings.Cut(string(page), "```conf\n")
	conf, _, there := strings.Cut(conf, "```")
	if !there {
		t.Fatal("the manual shows no accounts")
	}
	file := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	options, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatal(err)
	}
	options.Port = -1
	srv, err := devstack.StartNATSWith(t.TempDir(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	where := app.Stores{NATSAPIPrefix: "JS.acme.API"}
	w := elsewhere(t, srv, "worker:pw@", where)
	w.goesOn(func(c *app.Config) {
		c.NATSAPIPrefix = where.NATSAPIPrefix
		c.NATSURL = strings.Replace(srv.URL(), "://", "://worker:pw@", 1)
	})
}

// goesOn lets a worker with the settings do its work.
func (w *world) goesOn(edit func(*app.Config)) {
	t, ctx := w.t, w.t.Context()
	t.Helper()
	cfg := w.config()
	edit(&cfg)
	if err := app.Provision(ctx, w.js, cfg.Stores); err != nil {
		t.Fatal(err)
	}
	ops, closed, err := cfg.Operations(ctx, w.js, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer closed()
	w.save("crm", "POST", "/hooks")
	w.save("flaky", "POST", "/fail/1/x", oneSecond)
	w.save("paused", "POST", "/later", func(h *schema.Webhook) { h.State = schema.Paused })
	w.send(step("delivered-before", "crm"))
	workers, err := w.js.Consumer(ctx, w.names.Steps(), schema.StepsConsumer)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := workers.Next()
	if err != nil {
		t.Fatal(err)
	}
	if err := msg.Nak(); err != nil {
		t.Fatal(err)
	}
	worker := w.run(edit)
	w.send(step("retried", "flaky"), step("paused", "paused"))
	waitFor(t, 10*time.Second, "a backlog", func() bool { return w.messages(w.names.Backlog()) == 1 })
	if all, err := ops.List(ctx, "acme", console.Query{}); err != nil || all.Total != 3 {
		t.Errorf("listed %+v, %v", all, err)
	}
	story, err := ops.Explain(ctx, "acme", "paused", console.Period{})
	if err != nil || story.Place != console.PlaceBacklog {
		t.Errorf("explained %+v, %v", story, err)
	}
	if _, err := ops.SetState(ctx, console.Actor{Name: "test"}, "acme", "paused", schema.Active, 0); err != nil {
		t.Fatal(err)
	}
	for id, r := range w.results(3, 30*time.Second) {
		if r.Reason != schema.ReasonDelivered || (r.Attempts == 2) != (id == "retried") {
			t.Errorf("step %s: %+v", id, r)
		}
	}
	waitFor(t, 10*time.Second, "acks", func() bool {
		return w.messages(w.names.Steps())+w.messages(w.names.Retries())+w.messages(w.names.Backlog()) == 0
	})
	worker.stop()
	if text := worker.logs.String(); strings.Contains(text, `"level":"warn"`) && (strings.Contains(text, "can't tell") || strings.Contains(text, "not stored")) {
		t.Error(text)
	}
}

func TestAWrongDomainIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for what, c := range map[string]struct {
		edit func(*app.Config)
		want string
	}{
		"a domain": {func(c *app.Config) { c.NATSDomain = "hbu" }, `no JetStream of the domain \"hbu\" is reached: look at nats-domain (JOURNEYHOOK_NATS_DOMAIN)`},
		"a prefix": {func(c *app.Config) { c.NATSAPIPrefix = "JS.amce.API" }, `no JetStream is reached by the prefix \"JS.amce.API\": look at nats-api-prefix`},
	} {
		worker := w.runUnready(c.edit)
		waitFor(t, 20*time.Second, what, func() bool { return strings.Contains(worker.logs.String(), c.want) })
		if err := app.Probe(t.Context(), worker.admin); err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(c.want, `\"`, `"`)) {
			t.Errorf("%s: ready says %v", what, err)
		}
		worker.stop()
	}
}

func TestWhereJetStreamIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ domain, prefix, want string }{
		{"hub", "JS.acme.API", "set one of them, not both"},
		{"a.b", "", `nats-domain: "a.b" is no domain`},
		{"a b", "", `nats-domain: "a b" is no domain`},
		{"", "JS.*.API", `nats-api-prefix: "JS.*.API" is no subject`},
		{"", "JS..API", `nats-api-prefix: "JS..API" is no subject`},
		{"hub", "", ""},
		{"", "JS.acme.API", ""},
		{"", "JS.acme.API.", ""},
		{"", "", ""},
	} {
		cfg := app.Config{Stores: app.Stores{NATSDomain: c.domain, NATSAPIPrefix: c.prefix}}
		said := fmt.Sprint(cfg.Validate())
		if c.want == "" && (strings.Contains(said, "nats-domain") || strings.Contains(said, "nats-api-prefix")) || !strings.Contains(said, c.want) {
			t.Errorf("%q, %q: %s", c.domain, c.prefix, said)
		}
	}
}
