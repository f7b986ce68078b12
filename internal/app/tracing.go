package app

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"go.opentelemetry.io/otel/attribute"

	"github.com/journeyhook/journeyhook/dispatcher"
)

// startTracing makes a tracer when the standard variables name a collector
// (OTEL_EXPORTER_OTLP_ENDPOINT or …_TRACES_ENDPOINT), and nil otherwise. stop sends what is left.
func startTracing(ctx context.Context) (tracer trace.Tracer, stop func(context.Context) error, err error) {
	if forTraces("ENDPOINT") == "" {
		return nil, func(context.Context) error { return nil }, nil
	}
	var exporter sdktrace.SpanExporter
	if forTraces("PROTOCOL") == "grpc" {
		exporter, err = otlptracegrpc.New(ctx)
	} else {
		exporter, err = otlptracehttp.New(ctx)
	}
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

// forTraces is one of the standard variables: the one for traces wins over the one for all signals.
func forTraces(name string) string {
	return cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_"+name), os.Getenv("OTEL_EXPORTER_OTLP_"+name))
}
