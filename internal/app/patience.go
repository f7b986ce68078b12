package app

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

const (
	patienceTry  = 10 * time.Second // for one try
	patiencePace = time.Second      // between two
)

// patiently repeats what JetStream could not do yet: its leaders are being elected, its disk is full, the
// connection broke. It returns an error only when waiting will not help.
func patiently(ctx context.Context, log zerolog.Logger, what string, try func(context.Context) error) error {
	for {
		limited, cancel := context.WithTimeout(ctx, patienceTry)
		err := try(limited)
		cancel()
		if err == nil || hopeless(err) {
			return err
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		log.Warn().Err(err).Msg(what + ": JetStream can't do it now; trying again")
		select {
		case <-time.After(patiencePace):
		case <-ctx.Done():
		}
	}
}

// hopeless reports whether an error needs somebody to change something.
func hopeless(err error) bool {
	for _, final := range []error{
		jetstream.ErrJetStreamNotEnabled, jetstream.ErrJetStreamNotEnabledForAccount,
		jetstream.ErrBucketNotFound, jetstream.ErrStreamNotFound, jetstream.ErrConsumerNotFound,
	} {
		if errors.Is(err, final) {
			return true
		}
	}
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.Code < 500 && api.Code != 408 || api.ErrorCode == replicasNeedCluster)
}
