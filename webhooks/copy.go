package webhooks

import (
	"context"
	"fmt"

	"github.com/journeyhook/journeyhook/schema"
)

// Name says which webhook is meant.
type Name = schema.Name

// Copy stores a copy of a definition under another id and returns what it left out (B58, C23): the
// authentication settings, signing secrets, and the values of secret headers, whose names stay. A copy
// that lacks any of them is paused, so that nobody exits before it is filled in (C47). ErrNotFound when
// there is nothing to copy, ErrExists when the new id is taken.
func (s *Store) Copy(ctx context.Context, from, to Name) (revision uint64, missing []string, err error) {
	w, err := s.load(ctx, from.Project, from.ID)
	if err != nil {
		return 0, nil, err
	}
	w.Project, w.ID, w.Revision = to.Project, to.ID, 0
	if w.Auth.Type != schema.AuthNone {
		missing = append(missing, "auth")
	}
	w.Auth = schema.Auth{Type: schema.AuthNone}
	for i := range w.Headers {
		if h := &w.Headers[i]; h.Secret && !h.Value.Secret.IsZero() {
			h.Value = schema.SecretValue("")
			missing = append(missing, fmt.Sprintf("headers[%d].value (%s)", i, h.Name))
		}
	}
	if len(w.Signing.Secrets) > 0 {
		w.Signing = schema.Signing{}
		missing = append(missing, "signing.secrets")
	}
	if len(missing) > 0 {
		w.State = schema.Paused
	}
	if err := w.Validate(); err != nil {
		return 0, nil, fmt.Errorf("webhooks: copy %s to %s: %w", from, to, err)
	}
	revision, err = s.write(ctx, w, nil)
	return revision, missing, err
}
