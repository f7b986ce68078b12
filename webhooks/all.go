package webhooks

import (
	"context"

	"github.com/journeyhook/journeyhook/schema"
)

// All is every definition of a project, in no order; of all projects when project is empty.
func (v *View) All(_ context.Context, project string) ([]*schema.Webhook, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if !v.loaded {
		return nil, errLoading
	}
	var all []*schema.Webhook
	for name, w := range v.all {
		if project == "" || name.Project == project {
			all = append(all, w)
		}
	}
	return all, nil
}

// Refresh lets lookups see what the bucket holds of a definition now, for whoever changed it and looks
// next.
func (v *View) Refresh(ctx context.Context, project, id string) error {
	name := Name{Project: project, ID: id}
	before, known := v.Lookup(project, id)
	bucket, err := v.opened()
	if err != nil {
		return err
	}
	_, found, err := v.ask(ctx, bucket, name)
	if err != nil || found || !known {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all[name] == before { // else the watch brought a newer one meanwhile
		delete(v.all, name)
		delete(v.locked, name)
	}
	return nil
}
