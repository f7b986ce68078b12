package directget

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Has reports whether a stream has a message. Its error for a stream that can't be asked is that of [Read].
func Has(ctx context.Context, js jetstream.JetStream, stream string, sequence uint64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, pageWait)
	defer cancel()
	msg, err := js.Conn().RequestWithContext(ctx, subject(js, stream), fmt.Appendf(nil, `{"seq":%d}`, sequence))
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
