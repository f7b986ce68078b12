package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/notifications"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// Operations wires what people do with webhooks, for hookctl and the console alike. Live is the store
// itself; give it a [webhooks.View] where many ask. Call closed when it is no longer needed. It makes nothing: what is
// missing is an error that says what to do ([ProvisionBuckets] makes it for whoever writes).
func (c *Config) Operations(ctx context.Context, js jetstream.JetStream, log zerolog.Logger) (ops *console.Operations, closed func(), err error) {
	buckets := map[string]jetstream.KeyValue{}
	n := c.Names()
	for _, name := range []string{n.WebhooksBucket(), n.TilesBucket(), n.TokensBucket(), n.AcknowledgedBucket()} {
		buckets[name], err = js.KeyValue(ctx, name)
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			return nil, nil, c.missingBucket(ctx, js, name)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("bucket %s: %w%s", name, err, provisionHint(err))
		}
	}
	keys, err := c.Keys()
	if err != nil {
		return nil, nil, err
	}
	d, closed, err := c.Dispatcher()
	if err != nil {
		return nil, nil, err
	}
	store := &webhooks.Store{KV: buckets[n.WebhooksBucket()], Keys: keys, Check: d.Check}
	return &console.Operations{
		Store: store, Live: listed{store}, Tiles: &webhooks.Tiles{KV: buckets[n.TilesBucket()]}, Rehearser: d,
		Notifications: center{js, n}, Acknowledged: buckets[n.AcknowledgedBucket()],
		Tokens: &console.Tokens{KV: buckets[n.TokensBucket()]}, JS: js, Names: n,
		Judge: judgement, Parse: Parser(d.Check), Warnings: Warnings, Draft: webhooks.New, Guide: webhooks.Guide, Log: log,
	}, closed, nil
}

// ErrNotMade says that something is missing which nobody made yet.
var ErrNotMade = errors.New("a worker makes it when it starts, and so does hookctl apply")

// missingBucket says what to do about a bucket that is not there: it was lost, or nobody made it yet.
func (c *Config) missingBucket(ctx context.Context, js jetstream.JetStream, name string) error {
	if name == c.Names().WebhooksBucket() {
		if err := lostBucket(ctx, js, c.Stores); err != nil {
			return err
		}
	}
	return fmt.Errorf("there is no bucket %s yet; %w", name, ErrNotMade)
}

// Warnings says what of a definition is allowed but perhaps not meant.
func Warnings(w *schema.Webhook) []string {
	return append(dispatcher.Warnings(w), webhooks.Warnings(w)...)
}

// listed reads the store anew each time.
type listed struct{ store *webhooks.Store }

func (l listed) All(ctx context.Context, project string) ([]*schema.Webhook, error) {
	return l.store.List(ctx, project)
}

func (listed) Refresh(context.Context, string, string) error { return nil }

// center reads the notification stream, which a worker makes.
type center struct {
	js    jetstream.JetStream
	names schema.Names
}

func (c center) List(ctx context.Context, project string, limit int) ([]schema.Notification, error) {
	stream, err := c.js.Stream(ctx, c.names.Notifications())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("there is no stream %s yet; %w", c.names.Notifications(), console.ErrNoStream)
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", c.names.Notifications(), err)
	}
	return notifications.List(ctx, stream, c.names, project, limit)
}

func judgement(w *schema.Webhook, out schema.Outcome) console.Judgement {
	d := Decide(w, out, 1)
	return console.Judgement{Next: d.Next, Reason: d.Reason, Wait: d.Wait, Detail: d.Detail}
}

// Parser reads definitions from a text as from a file.
func Parser(check func(*schema.Webhook) error) func([]byte) ([]*schema.Webhook, []console.Fault) {
	return func(text []byte) ([]*schema.Webhook, []console.Fault) {
		all, err := webhooks.Parse("", text, check)
		var faults webhooks.FileFaults
		if !errors.As(err, &faults) {
			return all, nil
		}
		out := make([]console.Fault, len(faults))
		for i, f := range faults {
			out[i] = console.Fault{Path: f.Path, Message: f.Message, Line: f.Line, Column: f.Column, FieldLine: f.FieldLine, FieldColumn: f.FieldColumn}
		}
		return nil, out
	}
}
