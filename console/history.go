package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// Edit is one version of a webhook, what it changed, and who made it.
type Edit struct {
	Revision uint64              `json:"revision"`
	At       time.Time           `json:"at"`
	Deleted  bool                `json:"deleted"`
	Actor    string              `json:"actor,omitempty"` // "" when the audit stream does not say
	Action   schema.Action       `json:"action,omitempty"`
	Diff     []schema.Difference `json:"diff"` // to the version before; that a secret differs is known to the audit record only
	Webhook  *schema.Webhook     `json:"webhook,omitempty"`
	Fault    string              `json:"fault,omitempty"` // why the definition can't be read; Webhook is nil then
}

// History is what the bucket remembers of a webhook, newest first.
func (o *Operations) History(ctx context.Context, project, id string) ([]Edit, error) {
	versions, err := o.Store.History(ctx, project, id)
	if err != nil {
		return nil, err
	}
	changes, err := o.changesOf(ctx, project, id)
	if err != nil {
		return nil, err
	}
	edits := make([]Edit, len(versions))
	var before *schema.Webhook
	for i, v := range versions {
		e := Edit{Revision: v.Revision, At: v.At.UTC(), Deleted: v.Webhook == nil, Webhook: v.Webhook}
		e.Diff = []schema.Difference{}
		if i > 0 { // what came before the oldest is forgotten
			e.Diff = schema.Diff(before, v.Webhook)
		}
		if c, ok := changes[v.Revision]; ok {
			e.Actor, e.Action, e.Diff = c.Actor, c.Action, c.Diff
		}
		before = v.Webhook
		if before != nil && before.Unreadable {
			e.Webhook, e.Fault = nil, before.Fault
		}
		edits[len(versions)-1-i] = e
	}
	return edits, nil
}

// changesOf is the audit records of a webhook by the revision they made. A deletion's revision is not in
// its record: the store does not tell it. Nor are those there that a search had no time for.
func (o *Operations) changesOf(ctx context.Context, project, id string) (map[uint64]schema.Change, error) {
	found, _, err := o.Changes(ctx, project, ChangesQuery{Webhook: id, Limit: 200})
	if err != nil && !errors.Is(err, ErrNoStream) && unfinished(err) == nil {
		return nil, err
	}
	changes := map[uint64]schema.Change{}
	for _, c := range found {
		if c.Revision != 0 && c.Action != schema.ActionTest {
			changes[c.Revision] = c
		}
	}
	return changes, nil
}

// Rollback stores what a webhook was at an earlier revision, secrets included, over the given one; also
// a deleted one with AnyRevision. schema.ErrForgot when the history does not hold it (any more).
func (o *Operations) Rollback(ctx context.Context, by Actor, project, id string, to, revision uint64) (Saved, error) {
	before, err := o.opened(ctx, project, id)
	if err != nil && !errors.Is(err, schema.ErrNotFound) {
		return Saved{}, err
	}
	now, err := o.Store.Rollback(ctx, project, id, to, revision)
	if err != nil {
		return Saved{}, err
	}
	after, err := o.opened(ctx, project, id)
	if err != nil {
		return Saved{}, err
	}
	return o.saved(ctx, by, schema.ActionRollback, before, after, now, fmt.Sprintf("back to revision %d", to)), nil
}

// Validate reads definitions and says everything that is wrong with them, and what is perhaps not
// meant. Nothing is stored.
func (o *Operations) Validate(text []byte) Validation {
	all, faults := o.parse(text)
	v := Validation{Valid: len(faults) == 0, Faults: faults, Warnings: []string{}}
	if v.Faults == nil {
		v.Faults = []Fault{}
	}
	for _, w := range all {
		v.Warnings = append(v.Warnings, o.Warnings(w)...)
	}
	return v
}

// Validation is what is wrong with definitions.
type Validation struct {
	Valid    bool     `json:"valid"`
	Faults   []Fault  `json:"faults"`
	Warnings []string `json:"warnings"`
}

// DraftText is a new definition for a destination as JSON, to begin a form with.
func (o *Operations) DraftText(project, destination string) (json.RawMessage, error) {
	w := o.Draft(destination)
	w.Project = project
	return json.Marshal(w)
}
