package webhooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/kv"
	"github.com/journeyhook/journeyhook/schema"
)

const (
	retryPause = 500 * time.Millisecond // between tries to watch
	checkEvery = 2 * time.Second        // whether the watch still brings what the bucket holds
)

// follow loads everything and applies edits until the watch ends or lags.
func (v *View) follow(ctx context.Context) error {
	alive := v.Len()
	bucket, err := v.Open(ctx)
	if err != nil {
		v.missing(err)
		return fmt.Errorf("webhooks: open the bucket: %w", err)
	}
	begun, err := stateOf(ctx, bucket)
	if err != nil {
		return err
	}
	if err := v.judge(ctx, begun, alive); err != nil {
		return err
	}
	watch, err := bucket.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("webhooks: watch: %w", err)
	}
	defer kv.Stop(watch)
	v.mu.Lock()
	v.bucket = bucket
	v.mu.Unlock()
	if err := v.load(ctx, watch, begun); err != nil {
		return err
	}
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	missing := uint64(0) // a revision the watch had not brought at the last check
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case entry, ok := <-watch.Updates():
			if !ok {
				return errors.New("webhooks: the watch was closed")
			}
			if entry != nil {
				v.apply(entry)
			}
		case <-check.C:
			// The client renews a watch by itself, but not when its bucket was made anew, so what it
			// brought is compared with what is there. While the server is away there is nothing to compare.
			alive := v.Len()
			now, err := stateOf(ctx, bucket)
			if errors.Is(err, jetstream.ErrStreamNotFound) || err == nil && !now.Created.Equal(begun.Created) {
				v.missing(err)
				return errors.New("webhooks: the bucket is not the one the watch began on")
			}
			if err != nil {
				continue
			}
			if err := v.judge(ctx, now, alive); err != nil {
				return err
			}
			if missing > v.lastSeen() {
				return fmt.Errorf("webhooks: the watch did not bring revision %d", missing)
			}
			missing = now.Last
		}
	}
}

func stateOf(ctx context.Context, bucket jetstream.KeyValue) (Life, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	status, err := bucket.Status(ctx)
	if err != nil {
		return Life{}, fmt.Errorf("webhooks: ask for the bucket's state: %w", err)
	}
	s, ok := status.(*jetstream.KeyValueBucketStatus)
	if !ok {
		return Life{}, nil
	}
	return LifeOf(s.StreamInfo()), nil
}

// load reads everything there is and then lets lookups see it at once, so that what was deleted
// meanwhile is gone.
func (v *View) load(ctx context.Context, watch jetstream.KeyWatcher, begun Life) error {
	all, locked := map[Name]*schema.Webhook{}, map[Name]error{}
	last := begun.Last
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case entry, ok := <-watch.Updates():
			if !ok {
				return errors.New("webhooks: the watch was closed")
			}
			if entry == nil {
				v.replace(all, locked, last)
				return nil
			}
			last = max(last, entry.Revision())
			name, ok := nameOf(entry.Key())
			if !ok {
				continue
			}
			delete(all, name)
			delete(locked, name)
			w, lockErr := v.read(entry)
			if w != nil {
				all[name] = w
			}
			if lockErr != nil {
				locked[name] = lockErr
			}
		}
	}
}

// read is prepare for an entry that may be a deletion, which is nil.
func (v *View) read(entry jetstream.KeyValueEntry) (*schema.Webhook, error) {
	if entry.Operation() != jetstream.KeyValuePut {
		return nil, nil
	}
	return v.prepare(entry)
}

// replace makes all what lookups see. From then on others write to it.
func (v *View) replace(all map[Name]*schema.Webhook, locked map[Name]error, last uint64) {
	shut, why := len(locked), error(nil)
	for _, why = range locked {
		break
	}
	v.mu.Lock()
	v.all, v.locked, v.seen = all, locked, last
	v.loaded, v.fault = true, nil
	v.mu.Unlock()
	if why != nil {
		v.Log.Error().Err(why).Int("webhooks", shut).Msg("secrets can't be opened; check JOURNEYHOOK_SECRET_KEYS")
	}
}

func (v *View) apply(entry jetstream.KeyValueEntry) {
	name, ok := nameOf(entry.Key())
	w, lockErr := v.read(entry)
	v.mu.Lock()
	v.seen = max(v.seen, entry.Revision())
	before := v.all[name]
	switch {
	case !ok || before != nil && before.Revision > entry.Revision(): // Fetch was faster
		v.mu.Unlock()
		return
	case w == nil:
		delete(v.all, name)
		delete(v.locked, name)
	default:
		v.put(name, w, lockErr)
	}
	v.mu.Unlock()
	if lockErr != nil {
		v.Log.Error().Err(lockErr).Msg("secrets can't be opened; check JOURNEYHOOK_SECRET_KEYS")
	}
}

func (v *View) lastSeen() uint64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.seen
}
