// Package console is what people do with webhooks: find, read, change, try and explain them. The JSON
// API, the pages and hookctl are three ways over the same [Operations].
//
// No operation returns a secret, and every one that changes something says who did it in the audit
// stream. Writes compare and set: nobody's edit is lost to another one without an error.
package console

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
)

// Reader reads stored definitions. Get and History give masked ones, Load one with open secrets.
type Reader interface {
	Get(ctx context.Context, project, id string) (*schema.Webhook, error)
	Load(ctx context.Context, project, id string) (*schema.Webhook, error)
	History(ctx context.Context, project, id string) ([]schema.Version, error)
}

// Writer changes stored definitions and returns the new revision. A secret written as *** keeps what is
// stored. Errors are schema.ErrNotFound, ErrExists, ErrConflict and schema.Faults, wrapped, or our own.
type Writer interface {
	Create(ctx context.Context, w *schema.Webhook) (uint64, error)
	Update(ctx context.Context, w *schema.Webhook, revision uint64) (uint64, error)
	Remove(ctx context.Context, project, id string, revision uint64) error
}

// Keeper does what needs the stored secrets.
type Keeper interface {
	Copy(ctx context.Context, from, to schema.Name) (revision uint64, missing []string, err error)
	Rollback(ctx context.Context, project, id string, to, revision uint64) (uint64, error)
	// Resolve is a definition with the stored secrets where *** was written; Storable refuses one that can't be stored.
	Resolve(ctx context.Context, w *schema.Webhook) (*schema.Webhook, error)
	Storable(ctx context.Context, w *schema.Webhook) (*schema.Webhook, error)
}

// Sealer seals a definition's secrets with the newest key. The two revisions are the same where they were.
type Sealer interface {
	Reseal(ctx context.Context, project, id string) (before, now uint64, err error)
}

// Store is where definitions are.
type Store interface {
	Reader
	Writer
	Keeper
	Sealer
}

// Live is every definition at hand. Refresh lets All see what the store holds of one now.
type Live interface {
	All(ctx context.Context, project string) ([]*schema.Webhook, error)
	Refresh(ctx context.Context, project, id string) error
}

// Tiles knows who uses a webhook.
type Tiles interface {
	Of(ctx context.Context, project, id string) ([]schema.TileUse, error)
}

// Rehearser makes a step's request, and sends it behind the guard that production has.
type Rehearser interface {
	Preview(w *schema.Webhook, s *schema.Step) (schema.Preview, *schema.Outcome)
	Dispatch(ctx context.Context, w *schema.Webhook, s *schema.Step) schema.Outcome
}

// Notifications is the notification center.
type Notifications interface {
	List(ctx context.Context, project string, limit int) ([]schema.Notification, error)
}

// Operations is everything that can be done. Fields that an operation has no use for may be nil.
type Operations struct {
	Store         Store
	Live          Live
	Tiles         Tiles
	Rehearser     Rehearser
	Notifications Notifications
	Acknowledged  jetstream.KeyValue // of schema.Names.AcknowledgedBucket
	Tokens        *Tokens
	JS            jetstream.JetStream
	Names         schema.Names

	// Judge says what a journey would do after a first attempt with this outcome.
	Judge func(*schema.Webhook, schema.Outcome) Judgement
	// Parse reads definitions from YAML or JSON, with every check, and says all that is wrong.
	Parse func(text []byte) ([]*schema.Webhook, []Fault)
	// Warnings says what is allowed but perhaps not meant.
	Warnings func(*schema.Webhook) []string
	// Draft is a new definition for a destination, with what the destination fills in.
	Draft func(destination string) *schema.Webhook
	// Guide says what a destination asks for.
	Guide func(destination string) schema.Guide

	SearchTime time.Duration // of one search of the records; 0 = 20 s

	Health  *Health // nil where nobody asks for it
	Catcher Catcher // nil but in the dev mode
	Log     zerolog.Logger

	secretNames headerNames // that the catcher must not show
}

// Actor is who does something, and by which way.
type Actor struct {
	Name string
	Via  string // api, console or hookctl
}

// Judgement is what a journey would do.
type Judgement struct {
	Next   schema.Next
	Reason schema.Reason
	Wait   time.Duration // before the next attempt
	Detail string
}

// Fault is one thing wrong with a definition: where in its text, and where in the field's own text. Lines
// and columns count from 1; 0 is not known.
type Fault struct {
	Path        string `json:"path"`
	Message     string `json:"message"`
	Line        int    `json:"line"`
	Column      int    `json:"column"`
	FieldLine   int    `json:"fieldLine"`
	FieldColumn int    `json:"fieldColumn"`
}

// Saved is what a write came to.
type Saved struct {
	Project  string              `json:"project"`
	ID       string              `json:"id"`
	Revision uint64              `json:"revision"`
	Previous uint64              `json:"previous"` // 0 for a new one
	Changed  bool                `json:"changed"`
	Diff     []schema.Difference `json:"diff"`
	Warnings []string            `json:"warnings"`
	Missing  []string            `json:"missing,omitempty"` // what a copy leaves to fill in
}
