package schema

import (
	"errors"
	"fmt"
)

// What whoever asked for a change of a definition may want to tell apart.
var (
	ErrNotFound = errors.New("there is no such webhook")
	ErrExists   = errors.New("a webhook with this id exists already")
	ErrConflict = errors.New("someone else changed the webhook meanwhile; read it again and repeat the change")
	ErrForgot   = errors.New("the history does not hold this revision (any more)")

	// ErrNoKeys tells how to make secrets storable.
	ErrNoKeys = errors.New("the webhook has secrets, and there is no key to seal them with; make one with: hookctl secrets new-key, and set it as JOURNEYHOOK_SECRET_KEYS here and in the workers")
)

// UnreadableError says that a definition is stored that can't be read. It may be replaced, deleted and rolled back
// like any other (C55).
type UnreadableError struct {
	Name     Name
	Revision uint64
	Why      string // and what to do
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("%s, revision %d: %s", e.Name, e.Revision, e.Why)
}

// Unreadable is what is known of a stored value that can't be read: where it stands. People find it by its id.
func Unreadable(name Name, revision uint64, cause string) *Webhook {
	w := NewWebhook()
	w.Project, w.ID, w.Name, w.Revision, w.Unreadable = name.Project, name.ID, name.ID, revision, true
	w.Fault = "the stored definition can't be read (" + cause + "); apply or save a whole one over it, roll back to an earlier revision, or delete it"
	return w
}

// Readable is an [UnreadableError] for a definition whose stored value can't be read.
func (w *Webhook) Readable() error {
	if !w.Unreadable {
		return nil
	}
	return &UnreadableError{Name: Name{Project: w.Project, ID: w.ID}, Revision: w.Revision, Why: w.Fault}
}

// Blank is [Unreadable] again.
func (e *UnreadableError) Blank() *Webhook {
	w := Unreadable(e.Name, e.Revision, "")
	w.Fault = e.Why
	return w
}
