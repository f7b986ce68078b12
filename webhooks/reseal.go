package webhooks

import (
	"bytes"
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/kv"
	"github.com/journeyhook/journeyhook/schema"
)

// Reseal seals a definition's secrets with the first key, those that another key sealed. Nothing else of it
// changes. It returns the revision it found and the one there is now: the same where there was nothing to do.
// ErrNotFound when there is no such definition, [schema.UnreadableError] when what is stored is none,
// [schema.ErrWrongKey] when no key opens a secret.
func (s *Store) Reseal(ctx context.Context, project, id string) (before, now uint64, err error) {
	for range putTries {
		entry, err := s.entry(ctx, project, id)
		if err != nil {
			return 0, 0, err
		}
		value, err := s.reseal(Name{Project: project, ID: id}, entry)
		if err != nil {
			return 0, 0, fmt.Errorf("webhooks: reseal %w", err)
		}
		before := entry.Revision()
		if bytes.Equal(value, entry.Value()) {
			return before, before, nil
		}
		now, err := s.KV.Update(ctx, entry.Key(), value, before)
		if err == nil {
			return before, now, nil
		}
		if !kv.Outrun(err) {
			return 0, 0, fmt.Errorf("webhooks: reseal %s: %w", entry.Key(), err)
		}
	}
	return 0, 0, fmt.Errorf("%s.%s: %w", project, id, ErrConflict)
}

// reseal replaces ciphertext in the stored text itself, so that fields of a newer release stay.
func (s *Store) reseal(name Name, entry jetstream.KeyValueEntry) ([]byte, error) {
	w := readValue(name, entry)
	if err := w.Readable(); err != nil {
		return nil, err
	}
	value, newest, secrets := entry.Value(), s.Keys.Newest(), w.Secrets()
	for _, path := range sortedPaths(secrets) {
		old, ok := secrets[path].Sealed()
		if !ok {
			continue
		}
		if _, err := newest.Open(old, place(w, path)); err == nil {
			continue
		}
		text, err := s.Keys.Open(old, place(w, path))
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", path, w.Key(), err)
		}
		if !bytes.Contains(value, quoted(old)) {
			return nil, fmt.Errorf("%s of %s is written in a form of its own; apply the definition with its secrets anew", path, w.Key())
		}
		value = bytes.ReplaceAll(value, quoted(old), quoted(newest.Seal(text, place(w, path))))
	}
	return value, nil
}

func quoted(ciphertext string) []byte {
	data, _ := schema.SealedSecret(ciphertext).MarshalJSON() // text of base64 letters
	return data
}
