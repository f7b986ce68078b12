package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/schema"
)

// session is what a command works with. Connections are made when a command first asks for them.
type session struct {
	ctx            context.Context
	cli            *cli
	environ        []string
	variables      []string // that the command's flags read
	stdin          io.Reader
	stdout, stderr io.Writer

	nc      *nats.Conn
	ops     *console.Operations
	closers []func()
}

func (s *session) close() {
	for _, f := range s.closers {
		f()
	}
	if s.nc != nil {
		s.nc.Close()
	}
}

// connectTime is how long a person waits for a server that is not there.
const connectTime = 5 * time.Second

func (s *session) jetstream() (jetstream.JetStream, error) {
	if s.nc == nil {
		ctx, cancel := context.WithTimeout(s.ctx, connectTime)
		defer cancel()
		nc, err := app.ConnectNATS(ctx, s.cli.Stores, "hookctl", zerolog.Nop())
		switch {
		case app.RefusedLogin(err):
			return nil, fmt.Errorf("NATS at %s refuses the login; look at the user and password in --nats-url, or at --nats-creds", app.Redact(s.cli.NATSURL))
		case app.NoServer(err):
			return nil, fmt.Errorf("no NATS server answers at %s; set --nats-url or JOURNEYHOOK_NATS_URL", app.Redact(s.cli.NATSURL))
		case err != nil:
			return nil, err
		}
		s.nc = nc
	}
	return s.cli.JetStream(s.nc)
}

// writing is operations for a command that writes: buckets that were never made are made first.
func (s *session) writing() (*console.Operations, error) {
	js, err := s.jetstream()
	if err != nil {
		return nil, err
	}
	if s.cli.Provision {
		if err := app.ProvisionBuckets(s.ctx, js, s.cli.Stores); err != nil {
			return nil, err
		}
	}
	return s.operations()
}

// operations are what the console does too. They make nothing that is missing. What they log is for the person who
// called.
func (s *session) operations() (*console.Operations, error) {
	if s.ops != nil {
		return s.ops, nil
	}
	js, err := s.jetstream()
	if err != nil {
		return nil, err
	}
	cfg := s.config()
	ops, closed, err := cfg.Operations(s.ctx, js, app.NewLogger("warn", "console", s.stderr))
	if err != nil {
		return nil, err
	}
	s.ops, s.closers = ops, append(s.closers, closed)
	return ops, nil
}

// config is the settings that hookctl shares with a worker.
func (s *session) config() app.Config {
	return app.Config{Stores: s.cli.Stores, EgressAllow: s.cli.EgressAllow, EgressCA: s.cli.EgressCA, EgressProxy: s.cli.EgressProxy}
}

// by is who the audit records name.
func (s *session) by() console.Actor {
	name := s.cli.Actor
	if name == "" {
		host, _ := os.Hostname()
		who := "unknown"
		if u, err := user.Current(); err == nil {
			who = u.Username
		}
		name = who + "@" + cmp.Or(host, "localhost")
	}
	return console.Actor{Name: name, Via: "hookctl"}
}

func (s *session) checker() *dispatcher.Dispatcher {
	return &dispatcher.Dispatcher{AllowHTTP: s.cli.EgressAllowHTTP, KeyNames: s.cli.EgressKeyNames}
}

func (s *session) names() schema.Names { return s.cli.Names() }

// address is a PROJECT/WEBHOOK argument.
type address struct{ project, webhook string }

func (a *address) UnmarshalText(text []byte) error {
	project, webhook, ok := strings.Cut(string(text), "/")
	if !ok || !schema.ValidID(project) || !schema.ValidID(webhook) {
		return fmt.Errorf("%q is not PROJECT/WEBHOOK, like acme/welcome-crm", text)
	}
	*a = address{project, webhook}
	return nil
}

func (a address) String() string { return a.project + "/" + a.webhook }

func (a address) name() schema.Name { return schema.Name{Project: a.project, ID: a.webhook} }

// project is a PROJECT argument.
type project string

func (p *project) UnmarshalText(text []byte) error {
	if !schema.ValidID(string(text)) {
		return fmt.Errorf("%q is not a project", text)
	}
	*p = project(text)
	return nil
}

func (s *session) readInput(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(s.stdin)
	}
	return os.ReadFile(file)
}
