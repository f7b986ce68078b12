package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// session is what a command works with. Connections are made when a command first asks for them.
type session struct {
	ctx            context.Context
	cli            *cli
	stdin          io.Reader
	stdout, stderr io.Writer

	nc *nats.Conn
}

func (s *session) close() {
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
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("no NATS server answers at %s; set --nats-url or JOURNEYHOOK_NATS_URL", s.cli.NATSURL)
		}
		if err != nil {
			return nil, err
		}
		s.nc = nc
	}
	return jetstream.New(s.nc)
}

// store opens the webhooks bucket, making it where it is missing.
func (s *session) store() (*webhooks.Store, error) {
	js, err := s.jetstream()
	if err != nil {
		return nil, err
	}
	if s.cli.Provision {
		if err := app.ProvisionBuckets(s.ctx, js, s.cli.Stores); err != nil {
			return nil, err
		}
	}
	kv, err := js.KeyValue(s.ctx, s.names().WebhooksBucket())
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", s.names().WebhooksBucket(), err)
	}
	keys, err := s.cli.Keys()
	if err != nil {
		return nil, err
	}
	return &webhooks.Store{KV: kv, Keys: keys, Check: s.checker().Check}, nil
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

// table prints rows in columns for people.
func (s *session) table(rows [][]string) {
	w := tabwriter.NewWriter(s.stdout, 0, 4, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush()
}

// json prints a value for programs.
func (s *session) json(v any) error {
	e := json.NewEncoder(s.stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
