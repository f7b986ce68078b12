package console

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// attempts collects the step's attempts, oldest first, until all that were made are there.
func (l *lookup) attempts(ctx context.Context, t *Story) error {
	w, err := openWindows(ctx, l.ops.JS, search{
		stream: l.ops.Names.Attempts(), subject: l.ops.attemptSubject(l.project, t.webhook()),
		since: l.period.Since, until: l.until, containing: l.step,
	})
	if err == nil {
		err = l.collect(ctx, t, w)
	}
	if err != nil && outOfTime(ctx) {
		back := l.until
		if w != nil {
			back = w.reached()
		}
		t.Notes = append(t.Notes, fmt.Sprintf("Attempts from before %s were not looked for: a search may take %s.", ceil(back).Format(time.RFC3339), schema.Duration(l.ops.searchTime())))
		return nil
	}
	return err
}

func (l *lookup) collect(ctx context.Context, t *Story, w *windows) error {
	for {
		if first, all := t.complete(l.stored); all {
			if t.Place != PlaceSteps { // nothing of a step comes before it does
				first = first.Add(-redelivery)
			}
			w.notBefore(first)
		}
		if !w.next() {
			return nil
		}
		part := []schema.Attempt{}
		err := w.read(ctx, func(msg jetstream.Msg) bool {
			var a schema.Attempt
			if json.Unmarshal(msg.Data(), &a) == nil && a.StepID == l.step {
				part = append(part, a)
			}
			return true
		})
		if err != nil {
			return err
		}
		t.Attempts = append(part, t.Attempts...)
	}
}

// complete reports whether every attempt that was made is there, and when the first of them was, or else when the
// step's place was stored. Of a step that is found nowhere nobody knows how many there were.
func (t *Story) complete(stored time.Time) (first time.Time, all bool) {
	first = stored
	seen := map[int]bool{}
	for _, a := range t.Attempts {
		if seen[a.Attempt] = true; a.At.Before(first) {
			first = a.At
		}
	}
	for n := range t.made() {
		if !seen[n+1] {
			return first, false
		}
	}
	return first, t.Place != PlaceUnknown
}

// webhook is the step's, "" where it is not known.
func (t *Story) webhook() string {
	switch {
	case t.Waiting != nil:
		return t.Waiting.Webhook
	case t.Result != nil && schema.ValidID(t.Result.WebhookID):
		return t.Result.WebhookID
	default:
		return ""
	}
}
