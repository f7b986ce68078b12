package webhooks

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/kv"
	"github.com/journeyhook/journeyhook/schema"
)

// What a caller may want to tell apart.
var (
	ErrNotFound = schema.ErrNotFound
	ErrExists   = schema.ErrExists
	ErrConflict = schema.ErrConflict
)

const putTries = 10 // against other writers, when the caller named no revision

// Store reads and writes definitions.
type Store struct {
	KV    jetstream.KeyValue
	Keys  *schema.Keys                // seal and open secrets; without them a webhook with secrets is refused
	Check func(*schema.Webhook) error // what Validate can't see, such as templates; may be nil
}

// Create stores a new definition and returns its revision; ErrExists when its id is taken.
func (s *Store) Create(ctx context.Context, w *schema.Webhook) (uint64, error) {
	w, err := s.complete(w, nil)
	if err != nil {
		return 0, err
	}
	return s.write(ctx, w, nil)
}

// Update replaces revision of a definition and returns the new revision; ErrConflict when the stored
// one is not that revision any more, ErrNotFound when it is gone. A secret written as *** keeps what is
// stored. Where nothing would change, nothing is written and the revision stays.
func (s *Store) Update(ctx context.Context, w *schema.Webhook, revision uint64) (uint64, error) {
	stored, err := s.stored(ctx, w.Project, w.ID)
	if err != nil {
		return 0, err
	}
	if stored.Revision != revision {
		return 0, fmt.Errorf("%s: %w", w.Key(), ErrConflict)
	}
	now, _, err := s.replace(ctx, w, stored)
	return now, err
}

// Put creates or updates a definition, whichever is right, and reports its revision and whether
// anything changed. See [Store.Update] for ***.
func (s *Store) Put(ctx context.Context, w *schema.Webhook) (revision uint64, changed bool, err error) {
	for range putTries {
		stored, loadErr := s.stored(ctx, w.Project, w.ID)
		if loadErr != nil && !errors.Is(loadErr, ErrNotFound) {
			return 0, false, loadErr
		}
		revision, changed, err = s.replace(ctx, w, stored)
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrExists) {
			return revision, changed, err
		}
	}
	return 0, false, err
}

// replace writes w over stored, or anew where that is nil.
func (s *Store) replace(ctx context.Context, w, stored *schema.Webhook) (uint64, bool, error) {
	if stored != nil {
		// A secret that can't be opened does not stand in the way of its replacement.
		if err := open(stored, s.Keys); err != nil && s.keepsSealed(w, stored) {
			return 0, false, fmt.Errorf("webhooks: keep the stored %w", err)
		}
	}
	w, err := s.complete(w, stored)
	if err != nil {
		return 0, false, err
	}
	if stored != nil && equal(w, stored) {
		return stored.Revision, false, nil
	}
	revision, err := s.write(ctx, w, stored)
	return revision, err == nil, err
}

// keepsSealed reports whether w wants to keep a secret of stored that could not be opened.
func (s *Store) keepsSealed(w, stored *schema.Webhook) bool {
	kept := stored.Secrets()
	for path, secret := range w.Secrets() {
		if old, ok := kept[path]; ok && secret.IsMasked() {
			if _, sealed := old.Sealed(); sealed {
				return true
			}
		}
	}
	return false
}

// complete returns a copy with the kept secrets in place that has passed every check.
func (s *Store) complete(w, stored *schema.Webhook) (*schema.Webhook, error) {
	w = w.Clone()
	w.Normalize()
	if err := unmask(w, stored); err != nil {
		return nil, fmt.Errorf("webhooks: %s: %w", w.Key(), err)
	}
	if err := checked(w, s.Check); err != nil {
		return nil, fmt.Errorf("webhooks: %s: %w", w.Key(), err)
	}
	return w, nil
}

// checked runs every check there is and returns all faults at once, each once.
func checked(w *schema.Webhook, check func(*schema.Webhook) error) error {
	found := []error{w.Validate(), checkPreset(w)}
	if check != nil {
		found = append(found, check(w))
	}
	var all schema.Faults
	for _, err := range found {
		var faults schema.Faults
		if err != nil && !errors.As(err, &faults) {
			all.Add("", "%s", err)
		}
		for _, f := range faults {
			if !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	return all.Err()
}

// write seals and stores w over revision stored, or as a new entry where that is nil.
func (s *Store) write(ctx context.Context, w, stored *schema.Webhook) (uint64, error) {
	if err := seal(w, s.Keys); err != nil {
		return 0, fmt.Errorf("webhooks: %s: %w", w.Key(), err)
	}
	data, err := encode(w)
	if err != nil {
		return 0, err
	}
	var revision uint64
	taken := ErrExists
	if stored == nil {
		revision, err = s.KV.Create(ctx, w.Key(), data)
	} else {
		taken = ErrConflict
		revision, err = s.KV.Update(ctx, w.Key(), data, stored.Revision)
	}
	if kv.Outrun(err) {
		return 0, fmt.Errorf("%s: %w", w.Key(), taken)
	}
	if err != nil {
		return 0, fmt.Errorf("webhooks: write %s: %w", w.Key(), err)
	}
	return revision, nil
}

// Delete removes a definition; ErrNotFound when it was not there. Its history stays (B59).
func (s *Store) Delete(ctx context.Context, project, id string) error {
	return s.Remove(ctx, project, id, 0)
}

// Remove is Delete for one revision: ErrConflict when the stored one is another. 0 is any.
func (s *Store) Remove(ctx context.Context, project, id string, revision uint64) error {
	stored, err := s.entry(ctx, project, id)
	if err != nil {
		return err
	}
	if revision != 0 && stored.Revision() != revision {
		return fmt.Errorf("%s: %w", stored.Key(), ErrConflict)
	}
	err = s.KV.Delete(ctx, stored.Key(), jetstream.LastRevision(stored.Revision()))
	if kv.Outrun(err) {
		return fmt.Errorf("%s: %w", stored.Key(), ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("webhooks: delete %s: %w", stored.Key(), err)
	}
	return nil
}
