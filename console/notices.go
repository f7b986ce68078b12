package console

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/kv"
	"github.com/journeyhook/journeyhook/schema"
)

// Notice is a notification and whether somebody saw to it.
type Notice struct {
	schema.Notification
	ID           string    `json:"id"` // of all notifications of this webhook, kind and reason
	Acknowledged bool      `json:"acknowledged"`
	By           string    `json:"acknowledgedBy,omitempty"`
	At           time.Time `json:"acknowledgedAt,omitzero"`
}

// Acknowledgement says that everything up to a time was seen to.
type Acknowledgement struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	UpTo time.Time `json:"upTo"`
}

// nowhere stands for the webhook of a notification that has none.
const nowhere = "="

func noticeID(n schema.Notification) string {
	return cmp.Or(n.WebhookID, nowhere) + "." + string(n.Kind) + "." + string(n.Reason)
}

// Notices are a project's newest notifications, newest first, at most limit (0 = 50); with open only those
// nobody acknowledged.
func (o *Operations) Notices(ctx context.Context, project string, limit int, open bool) ([]Notice, error) {
	limit = min(cmp.Or(max(limit, 0), 50), MaxPage)
	look := limit
	if open {
		look = MaxPage
	}
	all, err := o.Notifications.List(ctx, project, look)
	if err != nil {
		return nil, err
	}
	acks, err := o.acknowledgements(ctx, project)
	if err != nil {
		return nil, err
	}
	notices := []Notice{}
	for _, n := range all {
		notice := Notice{Notification: n, ID: noticeID(n)}
		if ack, ok := acks[notice.ID]; ok && !n.LastAt.After(ack.UpTo) {
			notice.Acknowledged, notice.By, notice.At = true, ack.By, ack.At
		}
		if len(notices) < limit && !(open && notice.Acknowledged) {
			notices = append(notices, notice)
		}
	}
	return notices, nil
}

func (o *Operations) acknowledgements(ctx context.Context, project string) (map[string]Acknowledgement, error) {
	acks := map[string]Acknowledgement{}
	err := kv.Each(ctx, o.Acknowledged, project+".>", func(entry jetstream.KeyValueEntry) {
		var ack Acknowledgement
		if json.Unmarshal(entry.Value(), &ack) == nil {
			acks[strings.TrimPrefix(entry.Key(), project+".")] = ack
		}
	})
	if err != nil {
		return nil, fmt.Errorf("console: read acknowledgements: %w", err)
	}
	return acks, nil
}

// Acknowledge says that the notifications with this id were seen to, all up to a time; the zero time is
// now. Those that come later are new again. Of two who acknowledge at once the later time holds.
// [schema.Faults] for an id that can't be one.
func (o *Operations) Acknowledge(ctx context.Context, by Actor, project, id string, upTo time.Time) (Acknowledgement, error) {
	parts := strings.Split(id, ".")
	if len(parts) != 3 || parts[0] != nowhere && !schema.ValidID(parts[0]) || !schema.ValidID(parts[1]) || !schema.ValidID(parts[2]) {
		return Acknowledgement{}, schema.Faults{{Path: "id", Message: "is not a notification's, like welcome-crm.webhook_failing.status"}}
	}
	ack := Acknowledgement{By: by.Name, At: time.Now().UTC(), UpTo: upTo.UTC()}
	if upTo.IsZero() || upTo.After(ack.At) {
		ack.UpTo = ack.At
	}
	stored, err := o.acknowledge(ctx, project+"."+id, ack)
	if err != nil {
		return ack, fmt.Errorf("console: acknowledge %s: %w", id, err)
	}
	if stored == ack {
		o.record(ctx, by, schema.Change{
			ProjectID: project, WebhookID: strings.TrimPrefix(parts[0], nowhere), Action: schema.ActionAcknowledge,
			Detail: parts[1] + ", " + parts[2],
		})
	}
	return stored, nil
}

// acknowledge stores an acknowledgement, unless there is one that reaches as far; it returns what is stored.
func (o *Operations) acknowledge(ctx context.Context, key string, ack Acknowledgement) (Acknowledgement, error) {
	data, err := json.Marshal(ack)
	if err != nil {
		return ack, err
	}
	for range applyTries {
		var entry jetstream.KeyValueEntry
		entry, err = o.Acknowledged.Get(ctx, key)
		switch {
		case errors.Is(err, jetstream.ErrKeyNotFound):
			_, err = o.Acknowledged.Create(ctx, key, data)
		case err == nil:
			var before Acknowledgement
			if json.Unmarshal(entry.Value(), &before) == nil && !before.UpTo.Before(ack.UpTo) {
				return before, nil
			}
			_, err = o.Acknowledged.Update(ctx, key, data, entry.Revision())
		}
		if !kv.Outrun(err) {
			return ack, err
		}
	}
	return ack, err
}
