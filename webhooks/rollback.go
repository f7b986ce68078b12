package webhooks

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// Rollback stores what a definition was at an earlier revision, secrets included, over the given one; 0
// is any, also none where it was deleted. It returns the new revision. ErrForgot when the bucket does
// not hold the earlier one (any more), [schema.Faults] when it can't be used, ErrConflict when the stored one is not that given.
func (s *Store) Rollback(ctx context.Context, project, id string, to, revision uint64) (uint64, error) {
	key, err := keyOf(project, id)
	if err != nil {
		return 0, err
	}
	var entry jetstream.KeyValueEntry
	if err = jetstream.ErrKeyNotFound; to != 0 { // of which the bucket would make the newest one
		entry, err = s.KV.GetRevision(ctx, key, to)
	}
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return 0, fmt.Errorf("%s, revision %d: %w", key, to, schema.ErrForgot)
	}
	if err != nil {
		return 0, fmt.Errorf("webhooks: read revision %d of %s: %w", to, key, err)
	}
	w := readEntry(entry)
	if w.Fault != "" {
		return 0, schema.Faults{{Path: "revision", Message: fmt.Sprintf("%d can't be restored: %s", to, w.Fault)}}
	}
	if err := open(w, s.Keys); err != nil {
		return 0, fmt.Errorf("webhooks: open %w", err)
	}
	stored, err := s.stored(ctx, project, id)
	if err != nil && (revision != 0 || !errors.Is(err, ErrNotFound)) {
		return 0, err
	}
	if stored != nil && revision != 0 && stored.Revision != revision {
		return 0, fmt.Errorf("%s: %w", key, ErrConflict)
	}
	now, _, err := s.replace(ctx, w, stored)
	return now, err
}

// Storable is [Store.Resolve] for a definition that is to be stored, which one with secrets can't be without keys.
func (s *Store) Storable(ctx context.Context, w *schema.Webhook) (*schema.Webhook, error) {
	resolved, err := s.Resolve(ctx, w)
	if err != nil {
		return nil, err
	}
	if err := sealable(resolved, s.Keys); err != nil {
		return nil, fmt.Errorf("webhooks: %s: %w", w.Key(), err)
	}
	return resolved, nil
}

// Resolve is a definition as it would be stored: checked, and with the stored secrets where *** was
// written. Nothing is written.
func (s *Store) Resolve(ctx context.Context, w *schema.Webhook) (*schema.Webhook, error) {
	stored, err := s.stored(ctx, w.Project, w.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if stored != nil {
		if err := open(stored, s.Keys); err != nil && s.keepsSealed(w, stored) {
			return nil, fmt.Errorf("webhooks: keep the stored %w", err)
		}
	}
	return s.complete(w, stored)
}
