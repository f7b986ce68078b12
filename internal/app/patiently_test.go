package app

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
)

func TestPatiently(t *testing.T) {
	t.Parallel()
	final := errors.New("this server is not a cluster")
	for name, c := range map[string]struct {
		answers []error
		want    error
	}{
		"a server that is busy for a while":      {[]error{fmt.Errorf("provision: %w", context.DeadlineExceeded), nats.ErrNoResponders, nats.ErrTimeout, nil}, nil},
		"a setting that can't work ends at once": {[]error{final}, final},
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
