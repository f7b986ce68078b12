package webhooks

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/kv"
	"github.com/journeyhook/journeyhook/schema"
)

// Get is a definition to be shown: its secrets are ***, which can be written back. ErrNotFound when
// there is none, [schema.UnreadableError] when what is stored is none.
func (s *Store) Get(ctx context.Context, project, id string) (*schema.Webhook, error) {
	w, err := s.load(ctx, project, id)
	if err != nil {
		return nil, err
	}
	mask(w)
	return w, nil
}

// Load is a definition to be used: its secrets are open. Errors are those of [Store.Get], and
// [schema.ErrWrongKey] when a secret can't be opened.
func (s *Store) Load(ctx context.Context, project, id string) (*schema.Webhook, error) {
	w, err := s.load(ctx, project, id)
	if err != nil {
		return nil, err
	}
	if err := open(w, s.Keys); err != nil {
		return nil, fmt.Errorf("webhooks: open %w", err)
	}
	return w, nil
}

// List is every definition of a project to be shown, in the order of their ids; of all projects when
// project is empty. One that can't be read has its Fault set.
func (s *Store) List(ctx context.Context, project string) ([]*schema.Webhook, error) {
	filter := ">"
	if project != "" {
		if !schema.ValidID(project) {
			return nil, fmt.Errorf("webhooks: %q can't be a project", project)
		}
		filter = project + ".*"
	}
	var all []*schema.Webhook
	err := kv.Each(ctx, s.KV, filter, func(entry jetstream.KeyValueEntry) {
		if w := readEntry(entry); w != nil {
			mask(w)
			all = append(all, w)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("webhooks: list: %w", err)
	}
	sortByKey(all)
	return all, nil
}

// Version is one edit of a definition.
type Version = schema.Version

// History is what the bucket remembers of a definition, oldest first; ErrNotFound when nothing.
func (s *Store) History(ctx context.Context, project, id string) ([]Version, error) {
	key, err := keyOf(project, id)
	if err != nil {
		return nil, err
	}
	entries, err := s.KV.History(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, fmt.Errorf("%s: %w", key, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("webhooks: history of %s: %w", key, err)
	}
	versions := make([]Version, 0, len(entries))
	for _, entry := range entries {
		v := Version{Revision: entry.Revision(), At: entry.Created()}
		if entry.Operation() == jetstream.KeyValuePut {
			if v.Webhook = readEntry(entry); v.Webhook != nil {
				mask(v.Webhook)
			}
		}
		versions = append(versions, v)
	}
	return versions, nil
}

// load is a stored definition with its secrets still sealed.
func (s *Store) load(ctx context.Context, project, id string) (*schema.Webhook, error) {
	w, err := s.stored(ctx, project, id)
	if err == nil {
		err = w.Readable()
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

// stored is load for whoever writes over what is stored, which may be unreadable (C55).
func (s *Store) stored(ctx context.Context, project, id string) (*schema.Webhook, error) {
	entry, err := s.entry(ctx, project, id)
	if err != nil {
		return nil, err
	}
	return readValue(Name{Project: project, ID: id}, entry), nil
}

func (s *Store) entry(ctx context.Context, project, id string) (jetstream.KeyValueEntry, error) {
	key, err := keyOf(project, id)
	if err != nil {
		return nil, err
	}
	entry, err := s.KV.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, fmt.Errorf("%s: %w", key, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("webhooks: read %s: %w", key, err)
	}
	return entry, nil
}

// keyOf keeps ids that could not be stored out of subjects: there is no such webhook.
func keyOf(project, id string) (string, error) {
	key := project + "." + id
	if !schema.ValidID(project) || !schema.ValidID(id) {
		return "", fmt.Errorf("%q: %w", key, ErrNotFound)
	}
	return key, nil
}
