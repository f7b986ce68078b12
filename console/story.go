package console

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// Where a step can be.
const (
	PlaceSteps   = "steps"
	PlaceRetries = "retries"
	PlaceBacklog = "backlog"
	PlaceDone    = "done"
	PlaceUnknown = "unknown"
)

// Story is what is known of a step.
type Story struct {
	Project  string           `json:"projectId"`
	Step     string           `json:"stepId"`
	Place    string           `json:"place"` // steps, retries, backlog, done, or unknown
	Waiting  *Waiting         `json:"waiting,omitempty"`
	Attempts []schema.Attempt `json:"attempts"`
	Result   *schema.Result   `json:"result,omitempty"`
	Notes    []string         `json:"notes,omitempty"`
}

// Waiting is a step that stands in a queue.
type Waiting struct {
	Lane    string    `json:"lane,omitempty"`
	Webhook string    `json:"webhookId"`
	Attempt int       `json:"nextAttempt"`
	Since   time.Time `json:"since"`
	Due     time.Time `json:"due,omitzero"`
}

// Explain says where a step is now, every attempt the log still has, and its result. A result from outside the
// period, and attempts from before it, are not looked at. PlaceUnknown is a step nothing is known of, or with
// [Unfinished] one that was not found in the time there is.
func (o *Operations) Explain(ctx context.Context, project, step string, period Period) (Story, error) {
	limited, cancel := o.timed(ctx)
	defer cancel()
	l := lookup{ops: o, project: project, step: step, period: period}
	t, err := l.story(limited)
	if err != nil || t.Place != PlaceUnknown {
		return t, err
	}
	l.until = period.Until
	if err := l.attempts(limited, &t); err != nil {
		return t, err
	}
	return t, l.unknown(ctx, &t)
}

// before is how much earlier than asked [Operations.explainAgain] begins: clocks differ, and the first look took time.
const before = time.Minute

// explainAgain looks for a step that was looked for already, at that time: results from before it are not looked
// at, nor the attempts of a step that is found nowhere.
func (o *Operations) explainAgain(ctx context.Context, project, step string, at time.Time) (Story, error) {
	ctx, cancel := o.timed(ctx)
	defer cancel()
	l := lookup{ops: o, project: project, step: step, seen: at.Add(-before)}
	return l.story(ctx)
}

// waiting says how a step waits.
func waiting(n schema.Names, q *queued) *Waiting {
	progress := schema.ReadProgress(q.msg.Header)
	_, webhook, _ := n.StepAddress(q.msg.Subject)
	w := &Waiting{Webhook: webhook, Attempt: progress.Attempt, Since: q.msg.Stored, Due: progress.Due}
	for _, lane := range schema.Lanes {
		if strings.HasPrefix(q.msg.Subject, strings.TrimSuffix(n.LaneSubjects(lane), ">")) {
			w.Lane = lane.Name
			if w.Due.IsZero() {
				w.Due = q.msg.Stored.Add(lane.Wait)
			}
		}
	}
	return w
}

// made is how many attempts of the step ended.
func (t *Story) made() int {
	switch {
	case t.Result != nil:
		return t.Result.Attempts
	case t.Waiting != nil:
		return t.Waiting.Attempt - 1
	default:
		return 0
	}
}

// noteMissing says that the log does not hold every attempt.
func (t *Story) noteMissing() {
	if made := t.made(); len(t.Attempts) < made {
		t.Notes = append(t.Notes, fmt.Sprintf("%d attempts were made and %d are on record: the log is limited in age and size, and is written without waiting.", made, len(t.Attempts)))
	}
}

// unknown says why nothing may be known of a step.
func (l *lookup) unknown(ctx context.Context, t *Story) error {
	name := l.ops.Names.Results()
	stream, err := l.ops.JS.Stream(ctx, name)
	if err != nil {
		return streamError(name, err)
	}
	t.Notes = append(t.Notes, fmt.Sprintf("No queue holds step %s of project %s, and there is no result of it. Check the id and the project; results are kept for %s, so an older step is not known any more.",
		l.step, l.project, days(stream.CachedInfo().Config.MaxAge)))
	return nil
}

// days says whole days as such.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	if d > day && d%day == 0 {
		return fmt.Sprintf("%d days", d/day)
	}
	return schema.Duration(d).String()
}
