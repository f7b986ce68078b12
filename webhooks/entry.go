package webhooks

import (
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// readEntry reads a bucket entry with its secrets still sealed. A value that can't be used has its Fault
// set. It returns nil for an entry that is not a webhook's.
func readEntry(entry jetstream.KeyValueEntry) *schema.Webhook {
	name, ok := nameOf(entry.Key())
	if !ok {
		return nil
	}
	w, err := decode(entry.Value(), entry.Revision())
	if err != nil {
		w = schema.NewWebhook()
		w.Project, w.ID, w.Revision = name.Project, name.ID, entry.Revision()
		w.Fault = "the stored definition is not JSON of the right form"
		return w
	}
	switch err := w.Validate(); {
	case w.Project != name.Project || w.ID != name.ID:
		w.Fault = "it was stored for " + w.Key()
		w.Project, w.ID = name.Project, name.ID
	case err != nil:
		w.Fault = err.Error()
	}
	return w
}

// nameOf reads a key of the bucket; false for one that is not a webhook's.
func nameOf(key string) (Name, bool) {
	project, id, ok := strings.Cut(key, ".")
	return Name{Project: project, ID: id}, ok && schema.ValidID(project) && schema.ValidID(id)
}

func sortByKey(all []*schema.Webhook) {
	slices.SortFunc(all, func(a, b *schema.Webhook) int { return strings.Compare(a.Key(), b.Key()) })
}
