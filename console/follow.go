package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

func unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

func streamError(name string, err error) error {
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("there is no stream %s yet; %w", name, ErrNoStream)
	}
	return fmt.Errorf("console: stream %s: %w", name, err)
}

// follow gives each record as it comes, until ctx ends or each returns an error.
func follow(ctx context.Context, js jetstream.JetStream, stream string, cfg jetstream.OrderedConsumerConfig, each func(*jetstream.MsgMetadata, []byte) error) error {
	cons, err := js.OrderedConsumer(ctx, stream, cfg)
	if err != nil {
		return streamError(stream, err)
	}
	msgs, err := cons.Messages()
	if err != nil {
		return fmt.Errorf("console: follow %s: %w", stream, err)
	}
	defer msgs.Stop()
	for {
		msg, err := msgs.Next(jetstream.NextContext(ctx))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("console: follow %s: %w", stream, err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("console: follow %s: %w", stream, err)
		}
		if err := each(meta, msg.Data()); err != nil {
			return err
		}
	}
}
