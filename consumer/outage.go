package consumer

import (
	"context"

	"github.com/nats-io/nats.go"
)

// afterOutages calls back after each outage of NATS, until ctx ends.
func afterOutages(ctx context.Context, nc *nats.Conn, back func()) {
	changes := nc.StatusChanged(nats.RECONNECTING, nats.CONNECTED)
	defer nc.RemoveStatusListener(changes)
	lost := false
	for {
		select {
		case <-ctx.Done():
			return
		case status, open := <-changes:
			switch {
			case !open:
				return
			case status == nats.RECONNECTING:
				lost = true
			case lost:
				lost = false
				back()
			}
		}
	}
}
