package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/journeyhook/journeyhook/schema"
)

// AnyRevision stands for whatever is stored.
const AnyRevision uint64 = 0

// applyTries is against other writers, when the caller named no revision.
const applyTries = 20

// Get is a definition to be shown: its secrets are ***, which can be written back. Errors are schema.ErrNotFound and
// [schema.UnreadableError].
func (o *Operations) Get(ctx context.Context, project, id string) (*schema.Webhook, error) {
	return o.Store.Get(ctx, project, id)
}

// Create stores a new definition; schema.ErrExists when its id is taken (B56).
func (o *Operations) Create(ctx context.Context, by Actor, w *schema.Webhook) (Saved, error) {
	return o.create(ctx, by, w, schema.ActionCreate)
}

func (o *Operations) create(ctx context.Context, by Actor, w *schema.Webhook, action schema.Action) (Saved, error) {
	revision, err := o.Store.Create(ctx, w)
	if err != nil {
		return Saved{}, err
	}
	return o.saved(ctx, by, action, nil, w, revision, ""), nil
}

// Replace stores a definition over the given revision (B57); schema.ErrConflict when the stored one is
// another. AnyRevision is any, but there must be one. Where nothing changes, nothing is written.
func (o *Operations) Replace(ctx context.Context, by Actor, w *schema.Webhook, revision uint64) (Saved, error) {
	return o.edit(ctx, by, w.Project, w.ID, revision, func(*schema.Webhook) (*schema.Webhook, error) { return w, nil })
}

// Apply creates or replaces, whichever is right.
func (o *Operations) Apply(ctx context.Context, by Actor, w *schema.Webhook) (Saved, error) {
	for range applyTries {
		saved, err := o.Replace(ctx, by, w, AnyRevision)
		if !errors.Is(err, schema.ErrNotFound) {
			return saved, err
		}
		if saved, err = o.Create(ctx, by, w); !errors.Is(err, schema.ErrExists) {
			return saved, err
		}
	}
	return Saved{}, fmt.Errorf("%s: %w", w.Key(), schema.ErrConflict)
}

// Plan is what Apply would do; nothing is written.
func (o *Operations) Plan(ctx context.Context, w *schema.Webhook) (Saved, error) {
	before, err := o.opened(ctx, w.Project, w.ID)
	if err != nil && !errors.Is(err, schema.ErrNotFound) {
		return Saved{}, err
	}
	after, err := o.Store.Storable(ctx, w)
	if err != nil {
		return Saved{}, err
	}
	plan := Saved{Project: w.Project, ID: w.ID, Diff: schema.Diff(before, after), Warnings: o.warnings(w)}
	plan.Changed = len(plan.Diff) > 0
	if before != nil {
		plan.Previous, plan.Revision = before.Revision, before.Revision
	}
	return plan, nil
}

// Patch changes the fields that a JSON merge patch (RFC 7396) names. With AnyRevision it is repeated
// when someone else's edit came between, which it then keeps.
func (o *Operations) Patch(ctx context.Context, by Actor, project, id string, patch []byte, revision uint64) (Saved, error) {
	return o.edit(ctx, by, project, id, revision, func(stored *schema.Webhook) (*schema.Webhook, error) {
		if err := stored.Readable(); err != nil {
			return nil, err
		}
		return o.patched(stored, patch)
	})
}

// SetState pauses or resumes a webhook.
func (o *Operations) SetState(ctx context.Context, by Actor, project, id string, state schema.State, revision uint64) (Saved, error) {
	return o.edit(ctx, by, project, id, revision, func(stored *schema.Webhook) (*schema.Webhook, error) {
		if err := stored.Readable(); err != nil {
			return nil, err
		}
		w := stored.Clone()
		w.State = state
		return w, nil
	})
}

// edit reads, changes and writes, again as long as someone else is faster and no revision was named.
func (o *Operations) edit(ctx context.Context, by Actor, project, id string, revision uint64, change func(*schema.Webhook) (*schema.Webhook, error)) (Saved, error) {
	var err error
	for range applyTries {
		var before, shown, after *schema.Webhook
		if before, err = o.opened(ctx, project, id); err != nil {
			return Saved{}, err
		}
		if revision != AnyRevision && before.Revision != revision {
			return Saved{}, fmt.Errorf("%s: %w", before.Key(), schema.ErrConflict)
		}
		shown = masked(before)
		if after, err = change(shown); err != nil {
			return Saved{}, err
		}
		var now uint64
		if now, err = o.Store.Update(ctx, after, before.Revision); err == nil {
			return o.saved(ctx, by, schema.ActionUpdate, before, after, now, ""), nil
		}
		if revision != AnyRevision || !errors.Is(err, schema.ErrConflict) {
			return Saved{}, err
		}
	}
	return Saved{}, err
}

// opened is a stored definition to be compared or to be written over: with open secrets, where they can be opened,
// and [schema.Unreadable] where it can't be read (C55).
func (o *Operations) opened(ctx context.Context, project, id string) (*schema.Webhook, error) {
	w, err := o.Store.Load(ctx, project, id)
	if errors.Is(err, schema.ErrWrongKey) {
		w, err = o.Store.Get(ctx, project, id)
	}
	var unreadable *schema.UnreadableError
	if errors.As(err, &unreadable) {
		return unreadable.Blank(), nil
	}
	return w, err
}

// masked is a definition to be shown.
func masked(w *schema.Webhook) *schema.Webhook {
	w = w.Clone()
	for _, s := range w.Secrets() {
		*s = schema.NewSecret(schema.Masked)
	}
	return w
}

// saved tells of a write, records it where it changed something, and lets lists see it.
func (o *Operations) saved(ctx context.Context, by Actor, action schema.Action, before, after *schema.Webhook, revision uint64, detail string) Saved {
	s := Saved{Project: after.Project, ID: after.ID, Revision: revision, Warnings: o.warnings(after), Diff: []schema.Difference{}}
	if before != nil {
		s.Previous = before.Revision
	}
	if s.Changed = revision != s.Previous; !s.Changed {
		return s
	}
	s.Diff = schema.Diff(before, after)
	o.record(ctx, by, schema.Change{
		ProjectID: after.Project, WebhookID: after.ID, Action: action, Revision: revision, Previous: s.Previous, Diff: s.Diff, Detail: detail,
	})
	o.refresh(ctx, after.Project, after.ID)
	return s
}

// refresh is for the next look only: when it fails, the watch brings the same a moment later.
func (o *Operations) refresh(ctx context.Context, project, id string) {
	if o.Live == nil {
		return
	}
	if err := o.Live.Refresh(ctx, project, id); err != nil {
		o.Log.Debug().Err(err).Msg("the live view could not be refreshed")
	}
}

func (o *Operations) warnings(w *schema.Webhook) []string {
	if all := o.Warnings(w); all != nil {
		return all
	}
	return []string{}
}

// patched reads a definition with a merge patch over it, and its faults by field.
func (o *Operations) patched(stored *schema.Webhook, patch []byte) (*schema.Webhook, error) {
	raw, err := json.Marshal(stored)
	if err != nil {
		return nil, fmt.Errorf("console: write %s as JSON: %w", stored.Key(), err)
	}
	merged, err := mergePatch(raw, patch)
	if err != nil {
		return nil, schema.Faults{{Message: "the patch must be a JSON object: " + err.Error()}}
	}
	return o.one(merged, stored.Project, stored.ID)
}

// one reads the definition that a text holds, for a project and an id.
func (o *Operations) one(text []byte, project, id string) (*schema.Webhook, error) {
	all, faults := o.parse(text)
	if len(faults) > 0 {
		return nil, Invalid(faults)
	}
	if len(all) != 1 {
		return nil, schema.Faults{{Message: "must be one definition"}}
	}
	w := all[0]
	if w.Project != project {
		return nil, schema.Faults{{Path: "project", Message: fmt.Sprintf("is %q, and the address says %q", w.Project, project)}}
	}
	if id != "" && w.ID != id {
		return nil, schema.Faults{{Path: "id", Message: fmt.Sprintf("is %q, and the address says %q", w.ID, id)}}
	}
	return w, nil
}

// Read reads one definition for an address; an empty id takes the text's. Its error is [Invalid] or
// [schema.Faults].
func (o *Operations) Read(text []byte, project, id string) (*schema.Webhook, error) {
	return o.one(text, project, id)
}

// Invalid is everything wrong with a definition's text.
type Invalid []Fault

func (i Invalid) Error() string {
	var fs schema.Faults
	for _, f := range i {
		fs = append(fs, schema.Fault{Path: f.Path, Message: f.Message})
	}
	return fs.Error()
}
