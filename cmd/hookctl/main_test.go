package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

func TestALostConnectionIsSaidInWordsForPeople(t *testing.T) {
	t.Parallel()
	err := connectionLost(fmt.Errorf("webhooks: write acme/crm: %w", nats.ErrReconnectBufExceeded))
	if !strings.HasPrefix(err.Error(), "the connection to NATS was lost;") || !errors.Is(err, nats.ErrReconnectBufExceeded) {
		t.Error(err)
	}
	if other := errors.New("no webhook acme/crm"); !errors.Is(connectionLost(other), other) || connectionLost(other).Error() != other.Error() {
		t.Error(connectionLost(other))
	}
}
