package app

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

func TestPatiently(t *testing.T) {
	t.Parallel()
	lone := &jetstream.APIError{Code: 500, ErrorCode: replicasNeedCluster}
	final := errors.New("this server is not a cluster")
	for name, c := range map[string]struct {
		answers []error
		want    error
	}{
		"a server that is busy for a while":               {[]error{fmt.Errorf("provision: %w", context.DeadlineExceeded), nats.ErrNoResponders, nats.ErrTimeout, nats.ErrReconnectBufExceeded, nil}, nil},
		"a disk that is full, a cluster without a leader": {[]error{&jetstream.APIError{Code: 500, ErrorCode: 10047}, &jetstream.APIError{Code: 503, ErrorCode: 10008}, nil}, nil},
		"three replicas, and no other server":             {[]error{lone}, lone},
		"a server without JetStream":                      {[]error{jetstream.ErrJetStreamNotEnabled}, jetstream.ErrJetStreamNotEnabled},
		"a setting that can't work ends at once":          {[]error{final}, final},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				err := patiently(t.Context(), zerolog.Nop(), func() error { tries++; return c.answers[tries-1] })
				if !errors.Is(err, c.want) || tries != len(c.answers) {
					t.Errorf("%v after %d tries, want %v after %d", err, tries, c.want, len(c.answers))
				}
			})
		})
	}
}

// A definite answer of NATS is not called silence.
func TestWhatNATSDid(t *testing.T) {
	t.Parallel()
	for want, all := range map[string][]error{
		"NATS refuses this for now": {
			&jetstream.APIError{Code: 500, ErrorCode: 10047, Description: "insufficient storage resources available"},
			fmt.Errorf("provision: %w", &jetstream.APIError{Code: 503, ErrorCode: 10008}), jetstream.ErrJetStreamNotEnabled,
		},
		"NATS has no JetStream that answers": {nats.ErrNoResponders},
		"NATS is away":                       {nats.ErrReconnectBufExceeded},
		"NATS did not answer in time":        {context.DeadlineExceeded, nats.ErrTimeout},
	} {
		for _, err := range all {
			if got := whatNATSDid(err); got != want {
				t.Errorf("%v: %s, want %s", err, got, want)
			}
		}
	}
}
