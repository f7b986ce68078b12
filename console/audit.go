package console

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/journeyhook/journeyhook/schema"
)

const (
	auditTime  = 2 * time.Second // for one try to publish a record
	auditTries = 3
)

// record publishes a change that was made. The change stands whatever becomes of its record: one that
// can't be published is written to the log whole, at level error, so that it is not lost.
func (o *Operations) record(ctx context.Context, by Actor, c schema.Change) {
	ctx = context.WithoutCancel(ctx) // who goes away after a change is recorded all the same
	c.ID, c.Actor, c.Via, c.At = nuid.Next(), by.Name, by.Via, time.Now().UTC()
	if c.Diff == nil {
		c.Diff = []schema.Difference{}
	}
	data, err := json.Marshal(c)
	if err == nil {
		for range auditTries {
			if err = o.publish(ctx, c, data); err == nil {
				return
			}
		}
	}
	o.Log.Error().Err(err).RawJSON("change", data).Msg("a change could not be recorded in the audit stream")
}

func (o *Operations) publish(ctx context.Context, c schema.Change, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, auditTime)
	defer cancel()
	if _, err := o.JS.Publish(ctx, o.Names.AuditSubject(c.ProjectID), data, jetstream.WithMsgID("audit:"+c.ID)); err != nil {
		return fmt.Errorf("console: record a change: %w", err)
	}
	return nil
}

// ChangesQuery asks for recorded changes. Zero values ask for the newest 50.
type ChangesQuery struct {
	Webhook string
	Since   time.Time
	Until   time.Time
	Limit   int
}

// Changes are a project's recorded changes, newest first; "" is those that belong to no project. more
// says that there are older ones. [Unfinished] comes with those that were found.
func (o *Operations) Changes(ctx context.Context, project string, q ChangesQuery) (changes []schema.Change, more bool, err error) {
	s := search{stream: o.Names.Audit(), subject: o.Names.AuditSubject(project), since: q.Since, until: q.Until, limit: q.Limit, containing: q.Webhook}
	return newest(ctx, o, s, func(c *schema.Change) bool { return q.Webhook == "" || c.WebhookID == q.Webhook })
}
