package webhooks

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// Fetch asks the bucket itself, since an edit made a moment ago may not have reached the view (C31). An
// error says that nobody who could be asked knows, not that there is no such definition.
func (v *View) Fetch(ctx context.Context, project, id string) (*schema.Webhook, bool, error) {
	if !schema.ValidID(project) || !schema.ValidID(id) {
		return nil, false, nil
	}
	bucket, err := v.opened()
	if err != nil {
		return nil, false, err
	}
	name := Name{Project: project, ID: id}
	w, found, err := v.ask(ctx, bucket, name)
	if err != nil || found {
		return w, found, err
	}
	alive := v.Len()
	leader, err := stateOf(ctx, bucket)
	if err != nil {
		return nil, false, err
	}
	if err := v.judge(ctx, leader, alive); err != nil {
		return nil, false, fmt.Errorf("webhooks: %w", err)
	}
	return v.confirm(name, leader)
}

// confirm judges an answer that there is no such definition. In a cluster it may be that of a server that
// lags behind; there the view's word counts, if the view has come as far as the leader.
func (v *View) confirm(name Name, leader Life) (*schema.Webhook, bool, error) {
	if leader.Replicas == 1 {
		return nil, false, nil
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.seen < leader.Last {
		return nil, false, fmt.Errorf("webhooks: read %s: only revision %d of %d has come", name, v.seen, leader.Last)
	}
	w, ok := v.all[name]
	return w, ok, nil
}

// ask gets a definition from the bucket. In a cluster any server answers, also one that lags behind.
func (v *View) ask(ctx context.Context, bucket jetstream.KeyValue, name Name) (*schema.Webhook, bool, error) {
	entry, err := bucket.Get(ctx, name.String())
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("webhooks: read %s: %w", name, err)
	}
	w, lockErr := v.prepare(entry)
	v.mu.Lock()
	defer v.mu.Unlock()
	if entry.Revision() > v.seen { // else the watch knows better
		v.put(name, w, lockErr)
	}
	return w, true, nil
}

// opened is the bucket, once there is one.
func (v *View) opened() (jetstream.KeyValue, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.bucket == nil {
		return nil, errLoading
	}
	return v.bucket, nil
}
