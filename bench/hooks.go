package main

import (
	"context"

	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// secretKey is a key for stacks that live for one row.
const secretKey = "YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmU="

func (s *stack) openStore(ctx context.Context) error {
	keys, err := schema.ParseKeys([]string{secretKey})
	if err != nil {
		return err
	}
	kv, err := s.js.KeyValue(ctx, schema.Names{}.WebhooksBucket())
	if err != nil {
		return err
	}
	s.store = &webhooks.Store{KV: kv, Keys: keys}
	return nil
}

// edit is a change to a webhook before it is saved.
type edit func(*schema.Webhook)

// save makes or changes a webhook, which POSTs to a path of the endpoint, and gives its revision.
func (s *stack) save(hook, path string, edits ...edit) (uint64, error) {
	w := schema.NewWebhook()
	w.Project, w.ID = address(hook)
	w.Name, w.Method, w.Endpoint = w.ID, "POST", s.endpoint+path
	for _, e := range edits {
		e(w)
	}
	w.Normalize()
	revision, _, err := s.store.Put(context.Background(), w)
	return revision, err
}

// hook is save where nobody asks for the revision.
func (s *stack) hook(hook, path string, edits ...edit) error {
	_, err := s.save(hook, path, edits...)
	return err
}

// hooks saves several, by their paths.
func (s *stack) hooks(paths map[string]string, edits ...edit) error {
	for hook, path := range paths {
		if err := s.hook(hook, path, edits...); err != nil {
			return err
		}
	}
	return nil
}
