package consumer

import (
	"context"
	"errors"
	"time"
)

// errAway says that there is no connection to NATS, so that nothing was said.
var errAway = errors.New("consumer: NATS is away")

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
