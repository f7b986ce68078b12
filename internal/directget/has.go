package directget

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Has reports whether a stream has a message. Its error for a stream that can't be asked is that of [Read].
func Has(ctx context.Context, nc *nats.Conn, stream string, sequence uint64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, pageWait)
	defer cancel()
	msg, err := nc.RequestWithContext(ctx, jetstream.DefaultAPIPrefix+"DIRECT.GET."+stream, fmt.Appendf(nil, `{"seq":%d}`, sequence))
	if err != nil {
		return false, err
	}
	switch status := msg.Header.Get("Status"); status {
	case "":
		return true, nil
	case statusNone:
		return false, nil
	default:
		return false, fmt.Errorf("status %s %s", status, msg.Header.Get("Description"))
	}
}
