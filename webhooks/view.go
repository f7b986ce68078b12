package webhooks

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
)

// View is every definition in memory, kept current by one watch over the bucket. Lookups never leave
// the process. The definitions it hands out are shared: nobody may change one.
type View struct {
	// Open gets the bucket; it is called again, for as long as it takes, when the bucket is not there
	// yet or any more.
	Open func(context.Context) (jetstream.KeyValue, error)
	Keys *schema.Keys // open secrets
	Log  zerolog.Logger
	// Used says since when the streams are used, so that a bucket that was lost and made anew is noticed (see [ErrLost]).
	// Without it whatever bucket is there is used.
	Used func(context.Context) (Use, error)

	mu     sync.RWMutex
	all    map[Name]*schema.Webhook
	locked map[Name]error // definitions whose secrets can't be opened
	seen   uint64         // the last revision the watch brought
	loaded bool
	bucket jetstream.KeyValue
	fault  error // why there is nothing yet
	losses losses
	words  interner
}

var errLoading = errors.New("the webhooks are not loaded yet")

// Lookup is the definition's newest revision that has reached this worker.
func (v *View) Lookup(project, id string) (*schema.Webhook, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	w, ok := v.all[Name{Project: project, ID: id}]
	return w, ok
}

// Len is the number of definitions.
func (v *View) Len() int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return len(v.all)
}

// Loaded reports whether every definition that was there at the start has been read.
func (v *View) Loaded() bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.loaded
}

// Ready says what keeps the view from being used: it is not loaded yet, or a definition's secrets can't
// be opened with this worker's keys (C43).
func (v *View) Ready() error {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.losses.gone != nil {
		return v.losses.gone
	}
	if !v.loaded {
		if v.fault != nil {
			return fmt.Errorf("%w: %w", errLoading, v.fault)
		}
		return errLoading
	}
	for _, err := range v.locked {
		return fmt.Errorf("%d webhooks have secrets that can't be opened, for example %w", len(v.locked), err)
	}
	return nil
}

// prepare decodes an entry and opens its secrets; err says why they can't be.
func (v *View) prepare(entry jetstream.KeyValueEntry) (w *schema.Webhook, err error) {
	w = readEntry(entry)
	if w == nil {
		return nil, nil
	}
	v.words.share(w)
	if w.Fault != "" {
		return w, nil
	}
	if err := open(w, v.Keys); err != nil {
		w.Locked = true
		return w, err
	}
	return w, nil
}

// put changes what lookups see. The caller holds mu.
func (v *View) put(name Name, w *schema.Webhook, lockErr error) {
	if v.all == nil {
		v.all, v.locked = map[Name]*schema.Webhook{}, map[Name]error{}
	}
	v.all[name] = w
	delete(v.locked, name)
	if lockErr != nil {
		v.locked[name] = lockErr
	}
}

// Run keeps the view current until ctx ends. It has no other end: whatever happens to the bucket or the
// connection, lookups keep what was last known and Run tries again.
func (v *View) Run(ctx context.Context) error {
	var told string
	var at time.Time
	for {
		err := v.follow(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // being asked to stop is the one way to end
		}
		v.mu.Lock()
		v.fault = err
		v.mu.Unlock()
		wait := retryPause
		if gone := v.Gone(); gone != nil {
			wait = checkEvery
			if told != gone.Error() || time.Since(at) > tellEvery {
				told, at = gone.Error(), time.Now()
				v.Log.Error().Err(gone).Msg("the webhooks can't be used; no step is attempted, and none exits, until they can")
			}
		} else {
			v.Log.Warn().Err(err).Msg("the watch over webhooks was interrupted and begins anew")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// tellEvery is how often a loss is told of that lasts.
const tellEvery = 5 * time.Minute
