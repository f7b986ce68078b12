package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if browser.stop != nil {
		browser.stop()
	}
	servers.close()
	if err := goleak.Find(
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*Server).startGoRoutine.func1"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.init.0.func1")); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

var operator = console.Actor{Name: "op@test", Via: "hookctl"}

// world is a running console and what it talks to.
type world struct {
	t        testing.TB
	config   app.Config
	base     string
	ops      *console.Operations // as hookctl has them
	srv      *server
	js       jetstream.JetStream
	names    schema.Names
	endpoint *devstack.Endpoint
	logs     *devstack.Log
	client   *http.Client
	tokens   map[console.Role]string // for all projects
	api      *apiDocument
}

func newWorld(t testing.TB, edit ...func(*app.Console)) *world {
	t.Helper()
	srv := servers.take(t)
	w := &world{t: t, js: srv.js, endpoint: devstack.StartEndpoint(), logs: &devstack.Log{}, tokens: map[console.Role]string{}, api: openAPI(t)}
	t.Cleanup(w.endpoint.Close)
	w.config = app.Config{
		Stores: app.Stores{
			NATSURL: srv.nats.URL(), RedisURL: "redis://127.0.0.1:1/0", SecretKeys: []string{schema.NewKey()}, Replicas: 1, Prefix: "journeyhook",
			DuplicateWindow: 5 * time.Minute, EgressAllowHTTP: true,
		},
		EgressAllow: []string{"127.0.0.0/8"},
	}
	ops, closed, err := w.config.Operations(context.Background(), w.js, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closed)
	w.ops, w.srv = ops, srv
	for _, role := range console.Roles {
		w.tokens[role] = w.token(role)
	}
	w.serve(edit...)
	return w
}

func (w *world) token(role console.Role, projects ...string) string {
	w.t.Helper()
	_, text, err := w.ops.CreateToken(context.Background(), operator, console.Token{Name: "test " + string(role), Role: role, Projects: projects})
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// serve runs a console until the test ends.
func (w *world) serve(edit ...func(*app.Console)) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	c := &app.Console{Config: w.config, Log: zerolog.New(w.logs), Listener: l, Catcher: catcher{w.endpoint}, ConsoleConfig: app.ConsoleConfig{Access: "token", Rate: 1e6, ProxyHeader: "X-Forwarded-User", ProxyRole: "viewer"}}
	for _, e := range edit {
		e(c)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	w.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w.t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			w.t.Errorf("console: %v", err)
		}
	})
	w.base = "http://" + l.Addr().String()
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if resp, err := w.client.Get(w.base + "/readyz"); err == nil {
			resp.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("the console was not ready: %s", w.logs)
		}
	}
}

// catcher is the endpoint, as hookctl dev shows it.
type catcher struct{ *devstack.Endpoint }

func (c catcher) URL() string { return c.Endpoint.URL }

func (c catcher) Caught() []console.Caught {
	var all []console.Caught
	for _, r := range c.Calls() {
		all = append(all, console.Caught{At: r.At.UTC(), Step: r.Step(), Method: r.Method, URI: r.URI, Header: r.Header, Body: r.Body, Status: r.Status})
	}
	return all
}

// answer is what the console said.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatalf("not a JSON object: %s", a.body)
	}
	return doc
}

// problem is the last part of a problem's type, "" for an answer that is none.
func (a answer) problem() string {
	var p console.Problem
	if a.header.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(a.body), &p) != nil {
		return ""
	}
	return strings.TrimPrefix(p.Type, "urn:journeyhook:problem:")
}

// call makes a request as an editor and holds the answer to the API's description. Headers are name, value,
// and so on.
func (w *world) call(method, path, body string, headers ...string) answer {
	w.t.Helper()
	a, err := w.try(method, path, body, headers...)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) try(method, path, body string, headers ...string) (answer, error) {
	req, err := http.NewRequest(method, w.base+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+w.tokens[console.Editor])
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if req.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{resp.StatusCode, resp.Header, string(raw)}
	if strings.HasPrefix(path, "/api/v1/") && w.api != nil {
		if err := w.api.check(method, path, a); err != nil {
			return a, fmt.Errorf("%s %s: the answer is not what openapi.yaml says: %w\n%s", method, path, err, a.body)
		}
	}
	return a, nil
}

// want fails unless the answer has a status.
func (w *world) want(status int, a answer) answer {
	w.t.Helper()
	if a.status != status {
		w.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// definition is a webhook as a program would write it.
func (w *world) definition(id string, edit ...func(map[string]any)) string {
	doc := map[string]any{"project": "acme", "id": id, "name": "The " + id, "method": "POST", "endpoint": w.endpoint.URL + "/" + id}
	for _, e := range edit {
		e(doc)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(raw)
}

func (w *world) create(id string, edit ...func(map[string]any)) answer {
	w.t.Helper()
	return w.want(http.StatusCreated, w.call("PUT", "/api/v1/projects/acme/webhooks/"+id, w.definition(id, edit...), "If-None-Match", "*"))
}

// publish puts a record into a stream as a worker would.
func (w *world) publish(subject string, v any) {
	w.t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.js.Publish(context.Background(), subject, data); err != nil {
		w.t.Fatal(err)
	}
}
