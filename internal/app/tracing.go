package app

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/go-logr/logr/funcr"
	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/journeyhook/journeyhook/dispatcher"
)

// startTracing makes a tracer when the standard variables name a collector
// (OTEL_EXPORTER_OTLP_ENDPOINT or …_TRACES_ENDPOINT), and nil otherwise. stop sends what is left.
func startTracing(ctx context.Context) (tracer trace.Tracer, stop func(context.Context) error, err error) {
	if forTraces("ENDPOINT") == "" {
		return nil, func(context.Context) error { return nil }, nil
	}
	exporter, err := newExporter(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("tracing: %w", err)
	}
	ours := resource.NewSchemaless(attribute.String("service.name", "journeyhook"), attribute.String("service.version", Version))
	named, err := resource.Merge(ours, resource.Environment()) // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win
	if err != nil {
		return nil, nil, fmt.Errorf("tracing: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(named), sdktrace.WithIDGenerator(dispatcher.TraceIDs{}))
	return provider.Tracer("github.com/journeyhook/journeyhook"), provider.Shutdown, nil
}

// newExporter makes the exporter for the protocol; OpenTelemetry knows one that is not offered here, http/json.
func newExporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	switch protocol := forTraces("PROTOCOL"); protocol {
	case "", "http/protobuf":
		return otlptracehttp.New(ctx)
	case "grpc":
		return otlptracegrpc.New(ctx)
	default:
		name := "OTEL_EXPORTER_OTLP_PROTOCOL"
		if os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") != "" {
			name = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
		}
		return nil, fmt.Errorf("%s=%s is not supported; use http/protobuf or grpc", name, protocol)
	}
}

// logTracing makes what goes wrong with spans a line of our own log, for this process: OpenTelemetry prints it to stderr otherwise.
func logTracing(log zerolog.Logger) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		log.Warn().Err(err).Msg("tracing: spans may be lost")
	}))
	const warnings = 1
	otel.SetLogger(funcr.New(func(_, text string) { log.Warn().Str("detail", text).Msg("tracing") }, funcr.Options{Verbosity: warnings}))
}

// forTraces is one of the standard variables: the one for traces wins over the one for all signals.
func forTraces(name string) string {
	return cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_"+name), os.Getenv("OTEL_EXPORTER_OTLP_"+name))
}
