package consumer

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Nobody waits until an attempt record is stored. So that somebody notices when none is any more, one a second is
// published like a result, and again until it is stored.

const (
	sampleEvery = time.Second     // one record
	sampleWait  = 5 * time.Second // for NATS to store it
)

// sampleRecords publishes those that are handed to it, until ctx ends.
func (c *Consumer) sampleRecords(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case msg := <-c.records.sample:
			msg.Header = nats.Header{jetstream.MsgIDHeader: {nuid.Next()}}
			for !c.storeRecord(ctx, msg) {
				pause(ctx, sampleEvery)
			}
			pause(ctx, sampleEvery)
		}
	}
}

// storeRecord reports whether the record was stored. When ctx has ended nobody waits for that any more.
func (c *Consumer) storeRecord(ctx context.Context, msg *nats.Msg) bool {
	if !c.whenBack(ctx) {
		c.sendRecord(msg)
		return true
	}
	storing, cancel := context.WithTimeout(ctx, sampleWait)
	defer cancel()
	_, err := c.JS.PublishMsg(storing, msg)
	switch {
	case err == nil:
		c.stored(msg.Subject, nil)
	case ctx.Err() == nil && !errors.Is(err, nats.ErrReconnectBufExceeded):
		c.stored(msg.Subject, err)
	}
	return err == nil
}
