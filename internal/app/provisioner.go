package app

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/webhooks"
)

// provisioner compares what is there with what should be, and asks for no change where nothing differs.
type provisioner struct {
	js          jetstream.JetStream
	onlyMissing bool // leave what is there as it is
	anew        bool // what is missing may have been lost
}

func (p provisioner) stream(ctx context.Context, want jetstream.StreamConfig) error {
	create := func() error {
		_, err := p.js.CreateStream(ctx, want)
		return err
	}
	merge := func(have jetstream.StreamConfig) jetstream.StreamConfig { return mergeStream(have, want) }
	err := p.ensure(ctx, want.Name, create, merge)
	if api := (*jetstream.APIError)(nil); errors.As(err, &api) && want.MaxConsumers > 0 {
		want.MaxConsumers = 0 // the account allows fewer, or the server is one that can't change it: backlogs are then drained in turn
		err = p.ensure(ctx, want.Name, create, merge)
	}
	if err != nil {
		return fmt.Errorf("provision stream %s: %w%s", want.Name, err, provisionHint(err))
	}
	return nil
}

func (p provisioner) buckets(ctx context.Context, s Stores) error {
	for _, want := range Buckets(s) {
		if want.Bucket == s.Names().WebhooksBucket() && !p.anew {
			want.Metadata = webhooks.MadeNew()
		}
		create := func() error {
			_, err := p.js.CreateKeyValue(ctx, want)
			return err
		}
		merge := func(have jetstream.StreamConfig) jetstream.StreamConfig { return mergeBucket(have, want) }
		if err := p.ensure(ctx, bucketStream(want.Bucket), create, merge); err != nil {
			return fmt.Errorf("provision bucket %s: %w%s", want.Bucket, err, provisionHint(err))
		}
	}
	return nil
}

// bucketStream is the stream that NATS keeps a KV bucket in.
func bucketStream(bucket string) string { return "KV_" + bucket }

// ensure creates a stream, or changes the one that is there to what merge makes of it.
func (p provisioner) ensure(ctx context.Context, name string, create func() error, merge func(jetstream.StreamConfig) jetstream.StreamConfig) error {
	there, err := p.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if err = create(); !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return err
		}
		there, err = p.js.Stream(ctx, name) // another program was faster
	}
	if err != nil || p.onlyMissing {
		return err
	}
	have := there.CachedInfo().Config
	merged := merge(have)
	if reflect.DeepEqual(have, merged) {
		return nil
	}
	if _, err = p.js.UpdateStream(ctx, merged); err != nil {
		return fmt.Errorf("%w%s", err, updateHint(have, merged))
	}
	return nil
}

// updateHint says what to do about a change that NATS refuses.
func updateHint(have, merged jetstream.StreamConfig) string {
	switch {
	case have.Retention != merged.Retention || have.Storage != merged.Storage:
		return fmt.Sprintf("; it is a stream of another kind (%s, %s): remove it, or set another JOURNEYHOOK_PREFIX", have.Retention, have.Storage)
	case merged.MaxAge > 0 && merged.Duplicates > merged.MaxAge:
		return fmt.Sprintf("; it keeps messages for %s only: raise that, or lower JOURNEYHOOK_DUPLICATE_WINDOW", merged.MaxAge)
	}
	return ""
}

// refusedUpdate is nil for an update that is not needed for what is guaranteed; [checkFitness] warns of what it was for.
func refusedUpdate(err error, differs []unfit) error {
	broken := judgeFitness(differs, zerolog.Nop())
	if broken == nil {
		return nil
	}
	return fmt.Errorf("%w; %w", err, broken)
}

func (p provisioner) consumer(ctx context.Context, s Stores, stream string, want jetstream.ConsumerConfig) error {
	there, err := p.js.Consumer(ctx, stream, want.Durable)
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound):
		_, err = p.js.CreateOrUpdateConsumer(ctx, stream, want) // another worker may be faster
	case err == nil && !p.onlyMissing:
		have := there.CachedInfo().Config
		if merged := mergeConsumer(have, want); !reflect.DeepEqual(have, merged) {
			if _, err = p.js.UpdateConsumer(ctx, stream, merged); err != nil && ctx.Err() == nil {
				err = refusedUpdate(err, unfitConsumer(s, stream, have, want))
			}
		}
	}
	if err != nil {
		return fmt.Errorf("provision consumer %s of %s: %w", want.Durable, stream, err)
	}
	return nil
}
