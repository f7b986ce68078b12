package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
)

func TestMain(m *testing.M) {
	// Scripts mostly wait for processes and disks, so more of them at once than there are processors.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"hookctl": main})
}

// TestScripts runs testdata/script against one NATS and one Redis; each script has a prefix of its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	srv, err := devstack.StartNATS(t.TempDir(), -1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	rdb, err := devstack.StartRedis()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rdb.Close)
	endpoint, tokens := devstack.StartEndpoint(), devstack.StartTokenServer()
	endpoint.Valid = tokens.Valid
	t.Cleanup(endpoint.Close)
	t.Cleanup(tokens.Close)
	key := schema.NewKey()
	t.Run("script", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir:                 "testdata/script",
			RequireExplicitExec: true,
			RequireUniqueNames:  true,
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"expand": expand, "worker": startWorker, "provision": provision, "code": code, "store": store, "lose": lose,
			},
			Setup: func(e *testscript.Env) error {
				sum := sha256.Sum256([]byte(e.WorkDir))
				e.Setenv("JOURNEYHOOK_PREFIX", "t"+hex.EncodeToString(sum[:6]))
				e.Setenv("JOURNEYHOOK_NATS_URL", srv.URL())
				e.Setenv("JOURNEYHOOK_REDIS_URL", "redis://"+rdb.Addr()+"/0")
				e.Setenv("JOURNEYHOOK_SECRET_KEYS", key)
				e.Setenv("NEXT_KEY", schema.NewKey())
				e.Setenv("JOURNEYHOOK_EGRESS_ALLOW_HTTP", "true")
				e.Setenv("JOURNEYHOOK_EGRESS_ALLOW", "127.0.0.0/8")
				e.Setenv("ENDPOINT", endpoint.URL)
				e.Setenv("TOKENS", tokens.URL)
				return nil
			},
		})
	})
}

// expand replaces $NAME in files by the environment's value.
func expand(ts *testscript.TestScript, _ bool, files []string) {
	for _, f := range files {
		ts.Check(os.WriteFile(ts.MkAbs(f), []byte(os.Expand(ts.ReadFile(f), ts.Getenv)), 0o600))
	}
}

// code runs a program and compares its exit code: code 2 hookctl …
func code(ts *testscript.TestScript, _ bool, args []string) {
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

func settings(ts *testscript.TestScript) app.Config {
	return app.Config{
		Stores: app.Stores{
			NATSURL: ts.Getenv("JOURNEYHOOK_NATS_URL"), RedisURL: ts.Getenv("JOURNEYHOOK_REDIS_URL"),
			SecretKeys: []string{ts.Getenv("JOURNEYHOOK_SECRET_KEYS")}, Replicas: 1, Prefix: ts.Getenv("JOURNEYHOOK_PREFIX"),
			DuplicateWindow: 5 * time.Minute, Provision: true, EgressAllowHTTP: true,
		},
		MaxInFlight: 16, EgressAllow: []string{"127.0.0.0/8"}, ShutdownGrace: 5 * time.Second, NotificationWindow: time.Minute,
	}
}

// provision makes the streams that a worker would make.
func provision(ts *testscript.TestScript, _ bool, _ []string) {
	nc, err := nats.Connect(ts.Getenv("JOURNEYHOOK_NATS_URL"))
	ts.Check(err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	ts.Check(err)
	ts.Check(app.Provision(context.Background(), js, settings(ts).Stores))
}

// store puts the bytes of a file into the webhooks' bucket, as nats kv put does: store KEY FILE.
func store(ts *testscript.TestScript, _ bool, args []string) {
	nc, err := nats.Connect(ts.Getenv("JOURNEYHOOK_NATS_URL"))
	ts.Check(err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	ts.Check(err)
	bucket, err := js.KeyValue(context.Background(), schema.Names{Prefix: ts.Getenv("JOURNEYHOOK_PREFIX")}.WebhooksBucket())
	ts.Check(err)
	_, err = bucket.Put(context.Background(), args[0], []byte(ts.ReadFile(args[1])))
	ts.Check(err)
}

// startWorker runs a worker until the script ends.
func startWorker(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ctx, stop := context.WithCancel(context.Background())
	w := &app.Worker{Config: settings(ts), Log: zerolog.Nop(), Admin: l}
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	ts.Defer(func() {
		stop()
		<-done
	})
	for deadline := time.Now().Add(15 * time.Second); app.Probe(ctx, l.Addr().String()) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("the worker was not ready within 15 s")
		}
	}
}

// lose deletes a stream, or the bucket of webhooks: lose BACKLOG, lose webhooks.
func lose(ts *testscript.TestScript, _ bool, args []string) {
	nc, err := nats.Connect(ts.Getenv("JOURNEYHOOK_NATS_URL"))
	ts.Check(err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	ts.Check(err)
	prefix := ts.Getenv("JOURNEYHOOK_PREFIX")
	name := strings.ToUpper(prefix) + "_" + args[0]
	if args[0] == "webhooks" {
		name = "KV_" + prefix + "_webhooks"
	}
	ts.Check(js.DeleteStream(context.Background(), name))
}
