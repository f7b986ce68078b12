package app_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
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

// grants are what users may publish and subscribe to.
type grants map[string]*server.Permissions

// readGrants reads the table of docs/operating.md; what one user may beside another is added.
func readGrants(t *testing.T) grants {
	t.Helper()
	page, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Who may do what in NATS\n")
	section, _, _ = strings.Cut(section, "\n## ")
	subjects := func(cell string) []string {
		var all []string
		for _, m := range regexp.MustCompile("`([^`]+[.][^`]+)`").FindAllStringSubmatch(cell, -1) {
			all = append(all, m[1])
		}
		return all
	}
	rows := map[string][2][]string{}
	for line := range strings.SplitSeq(section, "\n") {
		if cells := strings.Split(line, " | "); len(cells) == 3 {
			rows[strings.TrimPrefix(cells[0], "| ")] = [2][]string{subjects(cells[1]), subjects(cells[2])}
		}
	}
	g := grants{}
	add := func(user string, names ...string) {
		p := &server.Permissions{Publish: &server.SubjectPermission{}, Subscribe: &server.SubjectPermission{}}
		for _, name := range names {
			row, there := rows[name]
			if !there {
				t.Fatalf("the table has no row %q: %v", name, slices.Collect(maps.Keys(rows)))
			}
			p.Publish.Allow = append(p.Publish.Allow, row[0]...)
			p.Subscribe.Allow = append(p.Subscribe.Allow, row[1]...)
		}
		g[user] = p
	}
	add("engine", "engine")
	add("subscriber", "subscriber of results")
	add("worker", "worker")
	add("new-worker", "worker", "worker, to provision")
	add("console", "console")
	add("hookctl", "console", "hookctl")
	add("new-hookctl", "console", "hookctl", "console or hookctl, to provision")
	add("adopting-hookctl", "console", "hookctl", "console or hookctl, to provision", "hookctl, to adopt, besides")
	return g
}

// restricted is a world whose NATS knows users, and what their programs say.
type restricted struct {
	*world
	users grants
	port  int
	logs  devstack.Log
}

func newRestricted(t *testing.T) *restricted {
	t.Helper()
	r := &restricted{users: readGrants(t), port: freePort(t)}
	options := &server.Options{Port: r.port, Users: []*server.User{{Username: "all", Password: "pw"}}}
	for name, p := range r.users {
		options.Users = append(options.Users, &server.User{Username: name, Password: "pw", Permissions: p})
	}
	srv, err := devstack.StartNATSWith(t.TempDir(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	r.world = &world{t: t, key: schema.NewKey(), endpoint: devstack.StartEndpoint(), tokens: devstack.StartTokenServer(), nats: srv, redisURL: startRedis(t)}
	t.Cleanup(r.endpoint.Close)
	t.Cleanup(r.tokens.Close)
	r.nc, r.js = r.connect("all")
	return r
}

// as is a program's settings with one user's credentials.
func (r *restricted) as(user string) app.Config {
	cfg := r.config()
	cfg.NATSURL = fmt.Sprintf("nats://%s:pw@127.0.0.1:%d", user, r.port)
	cfg.Provision = false
	return cfg
}

func (r *restricted) connect(user string) (*nats.Conn, jetstream.JetStream) {
	r.t.Helper()
	nc, err := app.ConnectNATS(r.t.Context(), r.as(user).Stores, user, zerolog.New(&r.logs))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		r.t.Fatal(err)
	}
	return nc, js
}

func (r *restricted) operations(user string) *console.Operations {
	r.t.Helper()
	_, js := r.connect(user)
	cfg := r.as(user)
	ops, closed, err := cfg.Operations(r.t.Context(), js, zerolog.New(&r.logs))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(closed)
	return ops
}

// must names what a user could not do.
func (r *restricted) must(what string, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Errorf("%s: %v", what, err)
	}
}

// Each program does its work with the rights that docs/operating.md gives it, and never asks for more.
func TestProgramsNeedNoMoreRightsThanTheManualSays(t *testing.T) {
	t.Parallel()
	r := newRestricted(t)
	ctx := t.Context()

	t.Cleanup(func() {
		if t.Failed() {
			t.Log(r.logs.String())
		}
	})
	// A worker makes all, and changes what is there; hookctl makes what it needs and misses.
	_, js := r.connect("new-worker")
	r.must("a worker provisions", app.Provision(ctx, js, r.config().Stores))
	longer := r.config().Stores
	longer.DuplicateWindow += time.Minute
	r.must("a worker changes what is there", app.Provision(ctx, js, longer))
	r.must("lose AUDIT", r.js.DeleteStream(ctx, r.names.Audit()))
	r.must("lose tokens", r.js.DeleteKeyValue(ctx, r.names.TokensBucket()))
	_, js = r.connect("new-hookctl")
	r.must("hookctl provisions", app.ProvisionBuckets(ctx, js, r.config().Stores))

	worker := r.run(func(c *app.Config) { *c = r.as("worker") })
	ops := r.operations("hookctl")
	r.define(ops)
	r.steps(ops)
	r.afterACrash()
	r.subscribe()
	r.sendByHand()
	r.manage(ops, "hookctl", "flaky")
	token, _, err := ops.CreateToken(ctx, console.Actor{Name: "test"}, console.Token{Name: "one", Role: console.Admin})
	r.must("hookctl makes a token", err)
	_, err = ops.Tokens.List(ctx)
	r.must("hookctl lists tokens", err)
	r.must("hookctl ends a token", ops.RevokeToken(ctx, console.Actor{Name: "test"}, token.ID))
	r.manage(r.operations("console"), "console", "profile")
	r.browse()
	worker.stop()
	r.adopt()
	for what, text := range map[string]string{"the worker": worker.logs.String(), "the others": r.logs.String()} {
		if strings.Contains(strings.ToLower(text), "violation") || strings.Contains(text, "NATS reports") {
			t.Errorf("%s asked for more than they may:\n%s", what, text)
		}
	}
}

// define saves webhooks for every way a step can go.
func (r *restricted) define(ops *console.Operations) {
	r.t.Helper()
	for id, path := range map[string]string{"crm": "/hooks", "flaky": "/fail/1/x", "profile": "/profile", "paused": "/later"} {
		w := schema.NewWebhook()
		w.Project, w.ID, w.Name, w.Method, w.Endpoint = "acme", id, id, http.MethodPost, r.endpoint.URL+path
		w.Retry.Delay = schema.Duration(time.Second)
		if id == "profile" {
			w.Method = http.MethodGet
		}
		if id == "paused" {
			w.State = schema.Paused
		}
		w.Normalize()
		_, err := ops.Create(r.t.Context(), console.Actor{Name: "test", Via: "hookctl"}, w)
		r.must("hookctl saves "+id, err)
	}
}

// steps lets the engine publish steps that go each way: delivered, retried, saved, backlogged, deleted, buried.
func (r *restricted) steps(ops *console.Operations) {
	r.t.Helper()
	ctx := r.t.Context()
	_, engine := r.connect("engine")
	tiles, err := engine.KeyValue(ctx, r.names.TilesBucket())
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = tiles.Put(ctx, "acme.crm.12345.8", nil)
	r.must("the engine tells a tile", err)
	all := r.js
	r.js = engine
	profile, buried := step("4", "profile"), step("6", "crm")
	profile.Tile.Type, buried.Tile.Type = schema.UserProfile, "unknown"
	r.send(step("1", "crm"), step("2", "flaky"), step("3", "paused"), profile, step("5", "deleted"), buried)
	r.js = all
	waitFor(r.t, 10*time.Second, "a backlog", func() bool { return r.messages(r.names.Backlog()) == 1 })
	_, err = ops.SetState(ctx, console.Actor{Name: "test", Via: "hookctl"}, "acme", "paused", schema.Active, 0)
	r.must("hookctl resumes", err)
	for id, result := range r.results(6, 30*time.Second) {
		if want := id < "5"; want != (result.Outcome == schema.Continue) {
			r.t.Errorf("step %s: %s, %s", id, result.Outcome, result.Reason)
		}
	}
	waitFor(r.t, 10*time.Second, "notifications, the profile update, the dead letter and the tiles", func() bool {
		tiles, err := ops.UsedBy(ctx, "acme", "crm")
		return r.messages(r.names.Notifications()) > 0 && r.messages(r.names.Profiles()) == 1 && r.messages(r.names.Dead()) == 1 && err == nil && len(tiles) == 2
	})
}

// afterACrash does what workers do for messages that come back or were passed over, minutes after a server's death.
func (r *restricted) afterACrash() {
	r.t.Helper()
	ctx := r.t.Context()
	nc, js := r.connect("worker")
	all := r.js
	r.js = js
	r.send(step("stray", "crm"))
	r.js = all
	r.results(7, 10*time.Second)
	for _, name := range []string{r.names.Steps(), r.names.Retries(), r.names.Backlog()} {
		stream, err := js.Stream(ctx, name)
		if err != nil {
			r.t.Fatal(err)
		}
		if _, err := stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(">")); !errors.Is(err, jetstream.ErrMsgNotFound) {
			r.t.Errorf("a worker looks for strays in %s: %v", name, err)
		}
		if err := stream.DeleteMsg(ctx, 1); err == nil || !strings.Contains(err.Error(), "no message found") {
			r.t.Errorf("a worker removes a stray of %s: %v", name, err)
		}
	}
	_, err := nc.Request(jetstream.DefaultAPIPrefix+"DIRECT.GET."+r.names.Results(), []byte(`{"next_by_subj":">","batch":1,"seq":1}`), 5*time.Second)
	r.must("a worker looks into the past", err)
}

// subscribe reads results as docs/messages.md shows.
func (r *restricted) subscribe() {
	r.t.Helper()
	ctx, stop := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer stop()
	_, js := r.connect("subscriber")
	got := 0
	err := results(ctx, js, func(schema.Result) error {
		if got++; got == 7 {
			time.AfterFunc(100*time.Millisecond, stop)
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		r.t.Errorf("a subscriber: %d results, %v", got, err)
	}
}

// sendByHand sends a step as hookctl send does, and waits for its result.
func (r *restricted) sendByHand() {
	r.t.Helper()
	nc, js := r.connect("hookctl")
	sub, err := nc.SubscribeSync(r.names.ResultSubject("acme", 12345, "*"))
	if err != nil {
		r.t.Fatal(err)
	}
	all := r.js
	r.js = js
	r.send(step("by-hand", "crm"))
	r.js = all
	_, err = sub.NextMsg(10 * time.Second)
	r.must("hookctl waits for a result", err)
}

// manage does what the console and hookctl do alike, in the end with one webhook that is there.
func (r *restricted) manage(ops *console.Operations, who, webhook string) {
	r.t.Helper()
	ctx, by := r.t.Context(), console.Actor{Name: "test", Via: who}
	name := schema.Name{Project: "acme", ID: webhook}
	for what, do := range map[string]func() error{
		"lists":               func() error { _, err := ops.List(ctx, "acme", console.Query{}); return err },
		"shows attempts":      func() error { return some(ops.Attempts(ctx, "acme", console.AttemptsQuery{})) },
		"shows results":       func() error { return some(ops.Results(ctx, "acme", console.ResultsQuery{})) },
		"shows changes":       func() error { return some(ops.Changes(ctx, "acme", console.ChangesQuery{})) },
		"shows history":       func() error { _, err := ops.History(ctx, "acme", webhook); return err },
		"shows the backlog":   func() error { _, err := ops.Backlog(ctx, "acme", webhook); return err },
		"shows notifications": func() error { _, err := ops.Notices(ctx, "acme", 10, false); return err },
		"acknowledges": func() error {
			_, err := ops.Acknowledge(ctx, by, "acme", webhook+".webhook_failing.status", time.Now())
			return err
		},
		"explains":  func() error { _, err := ops.Explain(ctx, "acme", "2", console.Period{}); return err },
		"looks for": func() error { _, err := ops.Explain(ctx, "acme", "nowhere", console.Period{}); return err },
		"copies": func() error {
			_, err := ops.Copy(ctx, by, name, schema.Name{Project: "acme", ID: "copy-" + who})
			return err
		},
		"lists tiles": func() error { _, err := ops.UsedBy(ctx, "acme", "crm"); return err },
	} {
		r.must(who+" "+what, do())
	}
	saved, err := ops.SetState(ctx, by, "acme", webhook, schema.Paused, 0)
	r.must(who+" pauses", err)
	_, err = ops.Rollback(ctx, by, "acme", webhook, saved.Previous, 0)
	r.must(who+" rolls back", err)
	_, err = ops.Delete(ctx, by, console.Removal{Project: "acme", ID: webhook})
	r.must(who+" deletes", err)
}

func some[T any](all []T, _ bool, err error) error {
	if err == nil && len(all) == 0 {
		return errors.New("there is nothing")
	}
	return err
}

// adopt makes what was lost, as hookctl adopt does.
func (r *restricted) adopt() {
	r.t.Helper()
	ctx := r.t.Context()
	for _, name := range []string{r.names.Steps(), r.names.Backlog(), "KV_" + r.names.WebhooksBucket()} {
		r.must("lose "+name, r.js.DeleteStream(ctx, name))
	}
	_, js := r.connect("adopting-hookctl")
	plan, err := app.PlanAdoption(ctx, js, r.config().Stores)
	if err != nil || len(plan.Missing) != 3 {
		r.t.Errorf("hookctl looks for what was lost: %v, %v", plan.Missing, err)
	}
	r.must("hookctl adopts", app.Adopt(ctx, js, r.config().Stores, false))
	r.must("hookctl adopts once more", app.Adopt(ctx, js, r.config().Stores, true))
	r.must("nothing is lost any more", app.Lost(ctx, r.js, r.config().Stores))
}

// browse runs a console, which follows the bucket and the attempts.
func (r *restricted) browse() {
	r.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	c := app.Console{Config: r.as("console"), ConsoleConfig: app.ConsoleConfig{Access: "none", Rate: 1000}, Log: zerolog.New(&r.logs), Listener: l}
	ctx, stop := context.WithCancel(r.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	for _, path := range []string{"/readyz", "/api/v1/projects/acme/webhooks", "/api/v1/projects/acme/webhooks/crm/health"} {
		if got := status(r.t, l.Addr().String(), path); got != http.StatusOK {
			r.t.Errorf("%s: %d", path, got)
		}
	}
	stop()
	r.must("the console", <-ended)
}

// What the table withholds is refused.
func TestRightsThatTheManualWithholds(t *testing.T) {
	t.Parallel()
	r := newRestricted(t)
	for user, subjects := range map[string][]string{
		"engine":     {"journeyhook.results.acme.1.exit", "$KV.journeyhook_webhooks.acme.crm", "$JS.API.STREAM.DELETE.JOURNEYHOOK_STEPS"},
		"subscriber": {"journeyhook.steps.acme.crm", "$JS.API.CONSUMER.CREATE.KV_journeyhook_webhooks.x", "$JS.API.STREAM.MSG.GET.JOURNEYHOOK_RESULTS"},
		"worker":     {"$KV.journeyhook_webhooks.acme.crm", "$KV.journeyhook_tokens.x", "journeyhook.audit.acme", "$JS.API.STREAM.CREATE.x", "$JS.API.STREAM.PURGE.JOURNEYHOOK_STEPS"},
		"console":    {"$KV.journeyhook_tokens.x", "journeyhook.steps.acme.crm", "journeyhook.results.acme.1.exit", "$JS.ACK.JOURNEYHOOK_STEPS.workers.1.1.1.1.1"},
		"hookctl":    {"journeyhook.results.acme.1.exit", "$JS.API.STREAM.DELETE.JOURNEYHOOK_STEPS"},
	} {
		nc, _ := r.connect(user)
		for _, subject := range subjects {
			if err := errors.Join(nc.Publish(subject, nil), nc.Flush()); err != nil {
				t.Fatal(err)
			}
			if err := nc.LastError(); err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(`"`+subject+`"`)) {
				t.Errorf("%s may publish to %s: %v", user, subject, err)
			}
		}
	}
}
