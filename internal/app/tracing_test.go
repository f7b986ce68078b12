package app

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// The standard variables have an order of their own: what is said for traces wins over what is said for all signals, and what is
// said at all over our names.
func TestTracingKeepsToTheStandardVariables(t *testing.T) {
	const http, grpc = "POST /v1/traces", "PRI * HTTP/2.0"
	for name, c := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"nothing but an endpoint":          {nil, []string{http, "journeyhook"}},
		"gRPC for all signals":             {map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, []string{grpc}},
		"gRPC for traces":                  {map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, []string{grpc}},
		"HTTP for traces, gRPC for others": {map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, []string{http}},
		"a name":                           {map[string]string{"OTEL_SERVICE_NAME": "crm-hooks", "OTEL_RESOURCE_ATTRIBUTES": "service.name=other"}, []string{http, "crm-hooks"}},
		"a name among the attributes":      {map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "service.name=crm-hooks,team=crm"}, []string{"crm-hooks", "team", "service.version"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"} {
				t.Setenv(variable, c.env[variable])
			}
			address, sent := listenOnce(t)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+address)
			tracer, stop, err := startTracing(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, span := tracer.Start(t.Context(), "webhook attempt")
			span.End()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_ = stop(ctx) // nobody answers
			text := <-sent
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in %q", want, text)
				}
			}
		})
	}
}

func TestAnUnsupportedProtocolStopsTheStart(t *testing.T) {
	for name, c := range map[string]struct{ all, traces, want string }{
		"for all signals":            {"http/json", "", "OTEL_EXPORTER_OTLP_PROTOCOL=http/json is not supported; use http/protobuf or grpc"},
		"for traces":                 {"grpc", "http/json", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json is not supported; use http/protobuf or grpc"},
		"a slip":                     {"http", "", "OTEL_EXPORTER_OTLP_PROTOCOL=http is not supported"},
		"only for the other signals": {"http/json", "grpc", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", c.all)
			t.Setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", c.traces)
			_, stop, err := startTracing(t.Context())
			if err == nil {
				_ = stop(t.Context())
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestWhatGoesWrongWithSpansIsLogged(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	var lines bytes.Buffer
	logTracing(zerolog.New(zerolog.SyncWriter(&lines)))
	t.Cleanup(func() { logTracing(zerolog.Nop()) })
	tracer, stop, err := startTracing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, span := tracer.Start(t.Context(), "POST")
	span.End()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_ = stop(ctx)
	if text := lines.String(); !strings.Contains(text, `"level":"warn"`) || !strings.Contains(text, "127.0.0.1:1") {
		t.Errorf("the log says %q", text)
	}
}

// listenOnce takes what is sent on one connection until it pauses.
func listenOnce(t *testing.T) (address string, sent <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	all := make(chan string, 1)
	go func() {
		defer close(all)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_ = conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
		text, _ := io.ReadAll(conn)
		all <- string(text)
	}()
	return l.Addr().String(), all
}
