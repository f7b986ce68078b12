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

func TestAStartWaitsForWhatWillPass(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   error
		waits bool
	}{
		"no answer":                     {context.DeadlineExceeded, true},
		"nobody there":                  {nats.ErrNoResponders, true},
		"the disk is full":              {&jetstream.APIError{Code: 500, ErrorCode: 10047}, true},
		"a cluster without a leader":    {&jetstream.APIError{Code: 503, ErrorCode: 10008}, true},
		"a server without JetStream":    {jetstream.ErrJetStreamNotEnabled, false},
		"three replicas, and no others": {&jetstream.APIError{Code: 500, ErrorCode: replicasNeedCluster}, false},
		"a setting that is refused":     {&jetstream.APIError{Code: 400, ErrorCode: 10052}, false},
		"a bucket that nobody made":     {jetstream.ErrBucketNotFound, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				err := patiently(t.Context(), zerolog.Nop(), "try", func(context.Context) error {
					if tries++; tries < 3 {
						return fmt.Errorf("try %d: %w", tries, c.err)
					}
					return nil
				})
				if c.waits && (err != nil || tries != 3) || !c.waits && (!errors.Is(err, c.err) || tries != 1) {
					t.Errorf("%d tries, %v", tries, err)
				}
			})
		})
	}
}
