package app

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

// patiently repeats what a server can't do for now, or did not answer in time: one that is full, busy or electing leaders is no reason
// for a worker to end. Every other error ends it.
func patiently(ctx context.Context, log zerolog.Logger, try func() error) error {
	wait := backoff.NewExponentialBackOff(backoff.WithInitialInterval(200*time.Millisecond), backoff.WithMaxInterval(5*time.Second), backoff.WithMaxElapsedTime(0))
	return backoff.RetryNotify(func() error {
		err := try()
		if err == nil || slow(err) {
			return err
		}
		return backoff.Permanent(err)
	}, backoff.WithContext(wait, ctx), func(err error, wait time.Duration) {
		log.Warn().Err(err).Dur("wait", wait).Msg(whatNATSDid(err) + "; trying again")
	})
}

// whatNATSDid tells a definite answer from none.
func whatNATSDid(err error) string {
	var api *jetstream.APIError
	switch {
	case errors.As(err, &api):
		return "NATS refuses this for now"
	case errors.Is(err, nats.ErrNoResponders):
		return "NATS has no JetStream that answers"
	case errors.Is(err, nats.ErrReconnectBufExceeded):
		return "NATS is away"
	}
	return "NATS did not answer in time"
}

// slow reports whether waiting may help: no answer came, the connection was lost, or JetStream said that it can't now, as one whose
// disk is full or whose leaders are being elected.
func slow(err error) bool {
	for _, passing := range []error{context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrReconnectBufExceeded} {
		if errors.Is(err, passing) {
			return true
		}
	}
	var api *jetstream.APIError
	if !errors.As(err, &api) || api.Code < 500 {
		return false
	}
	switch api.ErrorCode {
	case jetstream.JSErrCodeJetStreamNotEnabled, jetstream.JSErrCodeJetStreamNotEnabledForAccount, replicasNeedCluster:
		return false
	}
	return true
}
