package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

// InUseError refuses to delete a webhook that tiles use.
type InUseError struct {
	Tiles []schema.TileUse
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("%d tiles use it; users who reach them would exit", len(e.Tiles))
}

// Removal asks to delete one webhook.
type Removal struct {
	Project, ID string
	Revision    uint64 // AnyRevision is any
	IfUnused    bool   // refuse with an [InUseError] when tiles use it
}

// Delete removes a definition and returns the tiles that used it (B59, B61). Its history stays.
func (o *Operations) Delete(ctx context.Context, by Actor, r Removal) ([]schema.TileUse, error) {
	w, err := o.opened(ctx, r.Project, r.ID)
	if err != nil {
		return nil, err
	}
	tiles, err := o.UsedBy(ctx, r.Project, r.ID)
	if err != nil {
		return nil, err
	}
	if r.IfUnused && len(tiles) > 0 {
		return tiles, &InUseError{tiles}
	}
	if err := o.Store.Remove(ctx, r.Project, r.ID, r.Revision); err != nil {
		return tiles, err
	}
	o.record(ctx, by, schema.Change{
		ProjectID: r.Project, WebhookID: r.ID, Action: schema.ActionDelete, Previous: w.Revision, Diff: schema.Diff(w, nil),
		Detail: usedBy(tiles),
	})
	o.refresh(ctx, r.Project, r.ID)
	return tiles, nil
}

func usedBy(tiles []schema.TileUse) string {
	if len(tiles) == 0 {
		return ""
	}
	return fmt.Sprintf("%d tiles used it", len(tiles))
}

// Removed is what became of one of several webhooks to delete.
type Removed struct {
	ID      string           `json:"id"`
	Deleted bool             `json:"deleted"`
	Why     string           `json:"why,omitempty"` // it was not
	Tiles   []schema.TileUse `json:"tiles"`

	Err error `json:"-"`
}

// DeleteMany removes several at once (B60): each for itself, so that one refusal stops no other.
func (o *Operations) DeleteMany(ctx context.Context, by Actor, project string, ids []string, ifUnused bool) []Removed {
	all := []Removed{}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		tiles, err := o.Delete(ctx, by, Removal{Project: project, ID: id, IfUnused: ifUnused})
		if tiles == nil {
			tiles = []schema.TileUse{}
		}
		r := Removed{ID: id, Deleted: err == nil, Tiles: tiles, Err: err}
		if err != nil {
			r.Why = "it could not be deleted just now"
			if Expected(err) {
				r.Why = strings.TrimPrefix(err.Error(), project+"."+id+": ")
			}
		}
		all = append(all, r)
	}
	return all
}

// Expected reports whether an error is an answer for whoever asked, and not a fault of ours.
func Expected(err error) bool {
	var (
		faults  schema.Faults
		invalid Invalid
		inUse   *InUseError
		unread  *schema.UnreadableError
	)
	for _, known := range []error{schema.ErrNotFound, schema.ErrExists, schema.ErrConflict, schema.ErrForgot, ErrNoStream} {
		if errors.Is(err, known) {
			return true
		}
	}
	return errors.As(err, &faults) || errors.As(err, &invalid) || errors.As(err, &inUse) || errors.As(err, &unread)
}

// UsedBy is the tiles that use a webhook, in the order of their journeys (B61).
func (o *Operations) UsedBy(ctx context.Context, project, id string) ([]schema.TileUse, error) {
	tiles, err := o.Tiles.Of(ctx, project, id)
	if tiles == nil {
		tiles = []schema.TileUse{}
	}
	return tiles, err
}

// Copy stores a copy under another id, without authentication and secrets (B58, C23); Missing says what
// was left out, and one that lacks anything is paused (C47).
func (o *Operations) Copy(ctx context.Context, by Actor, from, to schema.Name) (Saved, error) {
	var fs schema.Faults
	if !schema.ValidID(to.Project) || !schema.ValidID(to.ID) {
		fs.Add("id", "%q must be 1 to 64 of A-Z a-z 0-9 _ -", to.ID)
		return Saved{}, fs
	}
	revision, missing, err := o.Store.Copy(ctx, from, to)
	if err != nil {
		return Saved{}, err
	}
	s := Saved{Project: to.Project, ID: to.ID, Revision: revision, Changed: true, Missing: missing, Diff: []schema.Difference{}, Warnings: []string{}}
	if w, err := o.opened(ctx, to.Project, to.ID); err == nil {
		s.Diff, s.Warnings = schema.Diff(nil, w), o.warnings(w)
	}
	if len(missing) > 0 {
		s.Warnings = append(s.Warnings, "the copy is paused until it is resumed; fill in first what was not copied: "+strings.Join(missing, ", "))
	}
	o.record(ctx, by, schema.Change{
		ProjectID: to.Project, WebhookID: to.ID, Action: schema.ActionCopy, Revision: revision, Diff: s.Diff,
		Detail: "copied from " + from.Project + "/" + from.ID,
	})
	o.refresh(ctx, to.Project, to.ID)
	return s, nil
}
