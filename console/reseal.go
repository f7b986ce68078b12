package console

import (
	"context"

	"github.com/journeyhook/journeyhook/schema"
)

// Reseal seals a webhook's stored secrets with the newest key, and reports whether another one had sealed any.
// Errors are schema.ErrNotFound, ErrConflict and ErrWrongKey, wrapped, or our own.
func (o *Operations) Reseal(ctx context.Context, by Actor, project, id string) (resealed bool, err error) {
	before, now, err := o.Store.Reseal(ctx, project, id)
	if err != nil || now == before {
		return false, err
	}
	o.record(ctx, by, schema.Change{
		ProjectID: project, WebhookID: id, Action: schema.ActionUpdate, Revision: now, Previous: before, Detail: "secrets sealed with a new key",
	})
	o.refresh(ctx, project, id)
	return true, nil
}
