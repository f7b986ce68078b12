package main

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		args, environ []string
		code          int
		says          string
	}{
		"an unknown flag is named":                       {args: []string{"--nonsense"}, code: 2, says: "--nonsense"},
		"a flag's value can't be read":                   {args: []string{"--max-in-flight=many"}, code: 2, says: "max-in-flight"},
		"a misspelt variable names the nearest":          {environ: []string{"JOURNEYHOOK_NATS_ULR=x"}, code: 2, says: "did you mean JOURNEYHOOK_NATS_URL?"},
		"keys that are none are refused":                 {args: []string{"--secret-keys=short"}, code: 2, says: "hookctl secrets new-key"},
		"keys that are none name the setting":            {args: []string{"--secret-keys=c2hvcnQ="}, code: 2, says: "secret-keys (JOURNEYHOOK_SECRET_KEYS): secret key 1 is not 32 bytes in base64"},
		"a duplicate window below twice the ack wait":    {args: []string{"--duplicate-window=10s"}, code: 2, says: "use at least 1m0s"},
		"no grace at shutdown":                           {args: []string{"--shutdown-grace=0s", "--duplicate-window=10s"}, code: 2, says: "shutdown-grace: 0s is too short for any call; use at least 1s"},
		"a grace of less than a second":                  {args: []string{"--shutdown-grace=999ms", "--duplicate-window=10s"}, code: 2, says: "shutdown-grace: 999ms"},
		"help is no failure":                             {args: []string{"--help"}, code: 0, says: "--nats-url"},
		"neither is the version":                         {args: []string{"--version"}, code: 0, says: "dev"},
		"the console's variables may be there too":       {args: []string{"--duplicate-window=10s"}, environ: []string{"JOURNEYHOOK_CONSOLE_ADDR=:8080", "JOURNEYHOOK_ACTOR=pat"}, code: 2, says: "duplicate-window"},
		"the names Kubernetes makes are no misspellings": {args: []string{"--duplicate-window=10s"}, environ: []string{"JOURNEYHOOK_SERVICE_HOST=10.0.0.1", "JOURNEYHOOK_PORT_8081_TCP_ADDR=10.0.0.1"}, code: 2, says: "duplicate-window"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), c.args, c.environ, &stdout, &stderr)
			if code != c.code || !strings.Contains(stdout.String()+stderr.String(), c.says) {
				t.Errorf("exit %d, %s%s; want exit %d and %q", code, stdout.String(), stderr.String(), c.code, c.says)
			}
		})
	}
}

func TestCleanStop(t *testing.T) {
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	admin := l.Addr().String()
	l.Close()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	go func() {
		for app.Probe(ctx, admin) != nil && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		stop()
	}()
	var log bytes.Buffer
	args := []string{"--nats-url=" + srv.URL(), "--redis-url=redis://" + rdb.Addr() + "/0", "--admin-addr=" + admin}
	if code := run(ctx, args, nil, &log, &log); code != 0 || !strings.Contains(log.String(), "worker stopped") {
		t.Errorf("exit %d after a clean stop:\n%s", code, log.String())
	}
}
