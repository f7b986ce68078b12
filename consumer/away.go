package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// errAway says that there is no connection to NATS, so that nothing was said. It is what the client says, too.
var errAway = fmt.Errorf("consumer: NATS is away: %w", nats.ErrReconnectBufExceeded)

// awayPause is how often it is looked whether NATS is back.
const awayPause = 100 * time.Millisecond

// away is errAway without a connection. The client keeps something of each request that it can't send, so who begins many
// of them asks first.
func (c *Consumer) away() error {
	if nc := c.JS.Conn(); nc != nil && !nc.IsConnected() {
		return errAway
	}
	return nil
}

// whenBack waits for a connection. It reports false when ctx ended first.
func (c *Consumer) whenBack(ctx context.Context) bool {
	for c.away() != nil && ctx.Err() == nil {
		pause(ctx, awayPause)
	}
	return ctx.Err() == nil
}
