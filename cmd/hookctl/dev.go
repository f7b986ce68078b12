package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

type devCmd struct {
	Exit bool   `help:"End after the sample steps; exit 0 only if each had the expected request and result."`
	Dir  string `placeholder:"DIR" help:"Where the embedded NATS keeps its streams; a temporary folder that is removed at the end if not given."`
	Port int    `default:"4222" help:"Port of the embedded NATS; any free one when it is taken."`
	Page int    `name:"console-port" default:"8080" help:"Port of the console; any free one when it is taken."`
}

func (devCmd) Help() string {
	return `Examples:
  hookctl dev
  hookctl dev --exit

One process with NATS, Redis, a webhook endpoint, a token server, a worker and the console, all on
loopback.
It sends sample steps, shows each request as the endpoint saw it and each result, then stays up and prints
the settings for hookctl in another terminal. The secret key is a new one each time, unless one is given: with
--dir give the same one again, for the secrets that are stored there.`
}

func (c *devCmd) Run(s *session) error {
	stack, err := c.start(s)
	if err != nil {
		return err
	}
	defer stack.close()
	if err := stack.ready(s.ctx); err != nil {
		return err
	}
	if err := stack.applySamples(s.ctx); err != nil {
		return err
	}
	stack.describe(s.stdout)
	wrong, err := stack.sendSamples(s.ctx, s.stdout)
	if err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d sample steps did not end as expected", wrong)
	}
	fmt.Fprintf(s.stdout, "\nAll sample steps ended as expected.\n")
	if c.Exit {
		return nil
	}
	stack.invite(s.stdout)
	return stack.stay(s.ctx, s.stdout)
}

// devStack is a system of one process.
type devStack struct {
	dir      string
	nats     *devstack.NATS
	endpoint *devstack.Endpoint
	tokens   *devstack.TokenServer
	config   app.Config
	ownKey   bool   // the secret key was made for this system
	notThere string // the domain or the prefix of another JetStream, which was set for other programs
	admin    net.Listener
	console  net.Listener
	nc       *nats.Conn
	js       jetstream.JetStream

	worker chan error // why the worker or the console ended
	closer []func()
}

func (c *devCmd) start(s *session) (*devStack, error) {
	d := &devStack{dir: c.Dir, worker: make(chan error, 2)}
	var err error
	if d.dir == "" {
		if d.dir, err = os.MkdirTemp("", "journeyhook-dev-"); err != nil {
			return nil, err
		}
		d.onClose(func() { _ = os.RemoveAll(d.dir) })
	}
	if d.nats, err = startNATS(d.dir, c.Port); err != nil {
		d.close()
		return nil, err
	}
	d.onClose(d.nats.Close)
	redis, err := devstack.StartRedis()
	if err != nil {
		d.close()
		return nil, err
	}
	d.onClose(redis.Close)
	d.tokens = devstack.StartTokenServer()
	d.tokens.ExpiresIn = 432000
	d.onClose(d.tokens.Close)
	d.endpoint = devstack.StartEndpoint()
	d.endpoint.Valid = d.tokens.Valid
	d.onClose(d.endpoint.Close)
	if d.admin, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		d.close()
		return nil, err
	}
	if d.console, err = freeListener(c.Page); err != nil {
		d.close()
		return nil, err
	}
	d.config = d.settings(s, "redis://"+redis.Addr()+"/0")
	if err := d.connect(); err != nil {
		return nil, err
	}
	if err := app.Provision(s.ctx, d.js, d.config.Stores); err != nil {
		d.close()
		return nil, err
	}
	w := &app.Worker{Config: d.config, Log: app.NewLogger("error", "console", s.stderr), Admin: d.admin}
	d.run(s, w.Run)
	// Whoever reaches loopback may do everything, as with the embedded NATS.
	web := &app.Console{
		Config: d.config, Log: app.NewLogger("error", "console", s.stderr), Listener: d.console, Catcher: catcher{d.endpoint},
		ConsoleConfig: app.ConsoleConfig{Access: "none", Rate: 1000},
	}
	d.run(s, web.Run)
	return d, nil
}

// freeListener prefers a port.
func freeListener(port int) (net.Listener, error) {
	if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
		return l, nil
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// startNATS prefers the usual port, so that other programs find it without a setting.
func startNATS(dir string, port int) (*devstack.NATS, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err == nil {
		_ = l.Close()
	}
	if err != nil || port == 0 { // which the server takes for its own default
		port = -1
	}
	return devstack.StartNATS(dir, port)
}

// settings are the worker's own defaults but for where things are and what a laptop may call.
func (d *devStack) settings(s *session, redisURL string) app.Config {
	stores := s.cli.Stores
	stores.NATSURL, stores.RedisURL, stores.Replicas, stores.EgressAllowHTTP = d.nats.URL(), redisURL, 1, true
	d.notThere = stores.NATSDomain + stores.NATSAPIPrefix
	stores.NATSDomain, stores.NATSAPIPrefix = "", ""
	if len(stores.SecretKeys) == 0 {
		stores.SecretKeys, d.ownKey = []string{schema.NewKey()}, true
	}
	return app.Config{
		Stores: stores, MaxInFlight: 64, EgressAllow: []string{"127.0.0.0/8", "::1"},
		ShutdownGrace: 5 * time.Second, NotificationWindow: 15 * time.Minute, LogLevel: "warn", LogFormat: "console",
	}
}

// run starts a part that ends with the stack.
func (d *devStack) run(s *session, part func(context.Context) error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(s.ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.worker <- part(ctx)
	}()
	d.onClose(func() {
		stop()
		<-done
	})
}

func (d *devStack) connect() error {
	var err error
	if d.nc, err = nats.Connect(d.nats.URL(), nats.Name("hookctl dev")); err != nil {
		d.close()
		return fmt.Errorf("connect to the embedded NATS: %w", err)
	}
	d.onClose(d.nc.Close)
	d.js, err = d.config.JetStream(d.nc)
	return err
}

func (d *devStack) onClose(f func()) { d.closer = append(d.closer, f) }

func (d *devStack) close() {
	for i := len(d.closer) - 1; i >= 0; i-- {
		d.closer[i]()
	}
	d.closer = nil
}

// ready waits until the worker says it is.
func (d *devStack) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if app.Probe(ctx, d.admin.Addr().String()) == nil {
			return nil
		}
		select {
		case err := <-d.worker:
			return fmt.Errorf("the worker or the console ended: %w", err)
		case <-ctx.Done():
			return errors.New("the worker was not ready within 30 s")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (d *devStack) applySamples(ctx context.Context) error {
	kv, err := d.js.KeyValue(ctx, d.config.Names().WebhooksBucket())
	if err != nil {
		return fmt.Errorf("open the webhooks bucket: %w", err)
	}
	keys, err := d.config.Keys()
	if err != nil {
		return err
	}
	store := &webhooks.Store{KV: kv, Keys: keys}
	samples, err := webhooks.Parse("samples.yaml", []byte(devstack.SampleWebhooks(d.endpoint.URL, d.tokens.URL)), nil)
	if err != nil {
		return err
	}
	for _, w := range samples {
		if _, _, err := store.Put(ctx, w); err != nil {
			return fmt.Errorf("%s/%s: %w", w.Project, w.ID, err)
		}
	}
	return nil
}

func (d *devStack) describe(out io.Writer) {
	fmt.Fprintf(out, "journeyhook dev: everything runs in this process, on loopback.\n\n")
	fmt.Fprintf(out, "  NATS      %s (streams in %s)\n", d.nats.URL(), d.dir)
	fmt.Fprintf(out, "  Redis     %s (embedded, forgets everything)\n", d.config.RedisURL)
	fmt.Fprintf(out, "  endpoint  %s\n", d.endpoint.URL)
	fmt.Fprintf(out, "  tokens    %s/token\n", d.tokens.URL)
	fmt.Fprintf(out, "  console   http://%s, and its API at /api\n", d.console.Addr())
	fmt.Fprintf(out, "  worker    http://%s/readyz and /metrics\n", d.admin.Addr())
}

func (d *devStack) invite(out io.Writer) {
	fmt.Fprintf(out, `
It stays up until Ctrl-C. Open http://%s to create a webhook, try it, and see what it sends.
Or paste this into another terminal, for hookctl to use the same system there, and to send one more step:

%s  go run ./cmd/hookctl send --to demo/post --user you@example.com --workflow 12345 --data '{"color":"blue"}'

`, d.console.Addr(), d.exports())
}

// exports are the settings that make hookctl another program of this system. Keys that were given stay with whoever
// gave them.
func (d *devStack) exports() string {
	var b strings.Builder
	export := func(name, value string) { fmt.Fprintf(&b, "  export %s%s=%s\n", app.EnvPrefix, name, value) }
	export("NATS_URL", d.nats.URL())
	if d.notThere != "" {
		export("NATS_DOMAIN", "")
		export("NATS_API_PREFIX", "")
	}
	export("REDIS_URL", d.config.RedisURL)
	if d.ownKey {
		export("SECRET_KEYS", d.config.SecretKeys[0])
	}
	export("EGRESS_ALLOW_HTTP", "true")
	export("EGRESS_ALLOW", strings.Join(d.config.EgressAllow, ","))
	return b.String()
}

// stay shows what comes until ctx ends.
func (d *devStack) stay(ctx context.Context, out io.Writer) error {
	d.endpoint.Notify(func(r devstack.Request) { fmt.Fprint(out, requestText(r)) })
	sub, err := d.nc.Subscribe(d.config.Names().All("results"), func(m *nats.Msg) {
		var r schema.Result
		if json.Unmarshal(m.Data, &r) == nil {
			fmt.Fprintf(out, "  result  %s\n", resultLine(r))
		}
	})
	if err != nil {
		return fmt.Errorf("subscribe to results: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-d.worker:
		return fmt.Errorf("the worker or the console ended: %w", err)
	}
}
