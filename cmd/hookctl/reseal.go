package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

type resealCmd struct {
	Project project `arg:"" optional:"" help:"The project; all of them without one."`
}

func (resealCmd) Help() string {
	return `Example:
  JOURNEYHOOK_SECRET_KEYS=$NEW,$OLD hookctl reseal

Seals the stored secrets with the first key. Once it says that none is left, the old key can be removed from
every worker, console and hookctl. It can be repeated at any time; each webhook it writes gets a new revision.`
}

func (c *resealCmd) Run(s *session) error {
	keys, err := s.cli.Keys()
	if err != nil {
		return err
	}
	if keys == nil {
		return errors.New("JOURNEYHOOK_SECRET_KEYS is not set: it holds the new key and, behind it, the old one")
	}
	if _, err := s.operations(); err != nil { // makes missing buckets
		return err
	}
	js, err := s.jetstream()
	if err != nil {
		return err
	}
	kv, err := js.KeyValue(s.ctx, s.names().WebhooksBucket())
	if err != nil {
		return fmt.Errorf("bucket %s: %w", s.names().WebhooksBucket(), err)
	}
	return s.reseal(js, &webhooks.Store{KV: kv, Keys: keys}, string(c.Project))
}

// reseal does each for itself, so that one that can't be opened keeps no other.
func (s *session) reseal(js jetstream.JetStream, store *webhooks.Store, project string) error {
	all, err := store.List(s.ctx, project)
	if err != nil {
		return err
	}
	written, failed := 0, []error{}
	for _, w := range all {
		before, now, err := store.Reseal(s.ctx, w.Project, w.ID)
		switch {
		case errors.Is(err, schema.ErrNotFound): // deleted meanwhile
		case err != nil:
			failed = append(failed, err)
		case now != before:
			written++
			if err := s.recordReseal(js, w, before, now); err != nil {
				fmt.Fprintf(s.stderr, "warning: %s/%s was sealed anew, which could not be recorded: %v\n", w.Project, w.ID, err)
			}
		}
	}
	fmt.Fprintf(s.stdout, "%d of %d webhooks sealed anew, %d failed\n", written, len(all), len(failed))
	return errors.Join(failed...)
}

// recordReseal says in the audit stream who made the revision.
func (s *session) recordReseal(js jetstream.JetStream, w *schema.Webhook, before, now uint64) error {
	by := s.by()
	c := schema.Change{
		ID: nuid.Next(), ProjectID: w.Project, WebhookID: w.ID, Action: schema.ActionUpdate, Actor: by.Name, Via: by.Via,
		Revision: now, Previous: before, Diff: []schema.Difference{}, Detail: "secrets sealed with a new key", At: time.Now().UTC(),
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = js.Publish(s.ctx, s.names().AuditSubject(w.Project), data, jetstream.WithMsgID("audit:"+c.ID))
	return err
}
