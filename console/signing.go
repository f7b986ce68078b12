package console

import (
	"context"

	"github.com/journeyhook/journeyhook/schema"
)

// moved says where in the stored list each signing secret of a definition was, as of a revision. Without it
// *** stands for what is stored in the same place, which is another one when one before it was taken out.
type moved struct {
	from     []int
	revision uint64
}

// keepSigning puts in what the *** of moved signing secrets stand for; schema.ErrConflict when the stored
// definition is another one by now.
func (o *Operations) keepSigning(ctx context.Context, w *schema.Webhook, m moved) error {
	for i := range min(len(m.from), len(w.Signing.Secrets)) {
		if !w.Signing.Secrets[i].IsMasked() {
			continue
		}
		stored, err := o.Store.Load(ctx, w.Project, w.ID)
		if err != nil {
			return err
		}
		if stored.Revision != m.revision || m.from[i] >= len(stored.Signing.Secrets) {
			return schema.ErrConflict
		}
		w.Signing.Secrets[i] = stored.Signing.Secrets[m.from[i]]
	}
	return nil
}
