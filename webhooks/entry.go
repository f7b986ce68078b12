package webhooks

import (
	"errors"
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
	w := readValue(name, entry)
	if w.Unreadable {
		return w
	}
	if err := w.Validate(); err != nil {
		w.Fault = err.Error()
	}
	return w
}

// readValue reads what is stored for a name; [schema.Unreadable] where that is not its definition (C55).
func readValue(name Name, entry jetstream.KeyValueEntry) *schema.Webhook {
	w, err := decode(entry.Value(), entry.Revision())
	if err == nil && (w.Project != name.Project || w.ID != name.ID) {
		err = errors.New("it was stored for " + w.Key())
	}
	if err != nil {
		return schema.Unreadable(name, entry.Revision(), err.Error())
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
