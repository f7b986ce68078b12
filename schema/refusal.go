package schema

import "errors"

// What whoever asked for a change of a definition may want to tell apart.
var (
	ErrNotFound = errors.New("there is no such webhook")
	ErrExists   = errors.New("a webhook with this id exists already")
	ErrConflict = errors.New("someone else changed the webhook meanwhile; read it again and repeat the change")
	ErrForgot   = errors.New("the history does not hold this revision (any more)")

	// ErrNoKeys tells how to make secrets storable.
	ErrNoKeys = errors.New("the webhook has secrets, and there is no key to seal them with; make one with: hookctl secrets new-key, and set it as JOURNEYHOOK_SECRET_KEYS here and in the workers")
)
