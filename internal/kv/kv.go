// Package kv reads KV buckets.
package kv

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

var errClosed = errors.New("the connection was closed")

// Each gives what a bucket's keys hold now; what was deleted is left out.
func Each(ctx context.Context, bucket jetstream.KeyValue, keys string, each func(jetstream.KeyValueEntry)) error {
	watch, err := bucket.Watch(ctx, keys, jetstream.IgnoreDeletes())
	if err != nil {
		return err
	}
	defer Stop(watch)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case entry, ok := <-watch.Updates():
			switch {
			case !ok:
				return errClosed
			case entry == nil:
				return nil
			}
			each(entry)
		}
	}
}

// Stop ends a watch, whatever is still on its way: the client blocks for ever on what nobody takes.
func Stop(watch jetstream.KeyWatcher) {
	_ = watch.Stop()
	go func() {
		for range watch.Updates() { //nolint:revive // until it is closed
		}
	}()
}
