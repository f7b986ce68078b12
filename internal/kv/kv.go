// Package kv reads KV buckets.
package kv

import (
	"cmp"
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
				return cmp.Or(ctx.Err(), errClosed) // the client closes it when ctx ends, too
			case entry == nil:
				return nil
			}
			each(entry)
		}
	}
}

// Outrun reports whether a compare-and-set failed because another writer was faster, or, where nothing was to be
// there, something is. Servers that share a bucket say it in another way than one that is alone.
func Outrun(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, jetstream.ErrKeyExists) || errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant
}

// Stop ends a watch, whatever is still on its way: the client blocks for ever on what nobody takes.
func Stop(watch jetstream.KeyWatcher) {
	_ = watch.Stop()
	go func() {
		for range watch.Updates() { //nolint:revive // until it is closed
		}
	}()
}
