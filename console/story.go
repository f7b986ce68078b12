package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

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

// Explain says where a step is now, every attempt the log still has, and its result. Records from before
// since are not looked at; zero looks at all there are. PlaceUnknown is a step nothing is known of.
func (o *Operations) Explain(ctx context.Context, project, step string, since time.Time) (Story, error) {
	l := lookup{ctx: ctx, js: o.JS, names: o.Names, project: project, step: step, since: since}
	return l.story()
}

// lookup searches the streams for one step. Queues are read message by message, since a consumer of
// our own would take part in the work.
type lookup struct {
	ctx           context.Context
	js            jetstream.JetStream
	names         schema.Names
	project, step string
	since         time.Time
}

func (l *lookup) story() (Story, error) {
	t := Story{Project: l.project, Step: l.step, Place: PlaceUnknown, Attempts: []schema.Attempt{}}
	for range 2 { // a step may move on while it is looked for
		if err := l.place(&t); err != nil {
			return t, err
		}
		if t.Place != PlaceUnknown {
			break
		}
	}
	err := l.records(l.names.Attempts(), l.names.All("attempts."+l.project), func(data []byte) bool {
		var a schema.Attempt
		if json.Unmarshal(data, &a) == nil && a.StepID == l.step {
			t.Attempts = append(t.Attempts, a)
		}
		return true
	})
	if err != nil {
		return t, err
	}
	return t, l.note(&t)
}

// place finds the step's result or the queue it stands in.
func (l *lookup) place(t *Story) error {
	err := l.records(l.names.Results(), l.names.All("results."+l.project), func(data []byte) bool {
		var r schema.Result
		if json.Unmarshal(data, &r) == nil && r.StepID == l.step {
			t.Result, t.Place = &r, PlaceDone
		}
		return t.Result == nil
	})
	if err != nil || t.Place == PlaceDone {
		return err
	}
	for _, q := range []struct{ place, stream, subjects string }{
		{PlaceSteps, l.names.Steps(), l.names.All("steps." + l.project)},
		{PlaceRetries, l.names.Retries(), l.names.All("retries.*." + l.project)},
		{PlaceBacklog, l.names.Backlog(), l.names.All("backlog." + l.project)},
	} {
		msg, err := l.queued(q.stream, q.subjects)
		if err != nil {
			return err
		}
		if msg != nil {
			t.Place, t.Waiting = q.place, l.waiting(msg)
			return nil
		}
	}
	return nil
}

// records reads what is in a stream's subjects now, oldest first, until keep says no.
func (l *lookup) records(name, subjects string, keep func([]byte) bool) error {
	return read(l.ctx, l.js, search{stream: name, subject: subjects, containing: l.step}, l.since, time.Time{}, keep)
}

// queued is the step's message in a work queue, nil when it is not there.
func (l *lookup) queued(name, subjects string) (*jetstream.RawStreamMsg, error) {
	stream, err := l.js.Stream(l.ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("there is no stream %s yet; %w", name, ErrNoStream)
	}
	if err != nil {
		return nil, fmt.Errorf("console: stream %s: %w", name, err)
	}
	last := stream.CachedInfo().State.LastSeq
	for seq := stream.CachedInfo().State.FirstSeq; seq <= last; seq++ {
		msg, err := stream.GetMsg(l.ctx, max(seq, 1), jetstream.WithGetMsgSubject(subjects))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("console: read %s: %w", name, err)
		}
		if bytes.Contains(msg.Data, []byte(l.step)) {
			if step, _ := schema.DecodeStep(msg.Data); step.ID == l.step {
				return msg, nil
			}
		}
		seq = msg.Sequence
	}
	return nil, nil
}

func (l *lookup) waiting(msg *jetstream.RawStreamMsg) *Waiting {
	progress := schema.ReadProgress(msg.Header)
	_, webhook, _ := l.names.StepAddress(msg.Subject)
	w := &Waiting{Webhook: webhook, Attempt: progress.Attempt, Since: msg.Time, Due: progress.Due}
	for _, lane := range schema.Lanes {
		if strings.HasPrefix(msg.Subject, strings.TrimSuffix(l.names.LaneSubjects(lane), ">")) {
			w.Lane = lane.Name
			if w.Due.IsZero() {
				w.Due = msg.Time.Add(lane.Wait)
			}
		}
	}
	return w
}

// days says whole days as such.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	if d > day && d%day == 0 {
		return fmt.Sprintf("%d days", d/day)
	}
	return schema.Duration(d).String()
}

// note says what the records may no longer hold.
func (l *lookup) note(t *Story) error {
	if t.Place == PlaceUnknown {
		stream, err := l.js.Stream(l.ctx, l.names.Results())
		if err != nil {
			return fmt.Errorf("console: stream %s: %w", l.names.Results(), err)
		}
		t.Notes = append(t.Notes, fmt.Sprintf("No queue holds step %s of project %s, and there is no result of it. Check the id and the project; results are kept for %s, so an older step is not known any more.",
			l.step, l.project, days(stream.CachedInfo().Config.MaxAge)))
		return nil
	}
	made := 0
	if t.Result != nil {
		made = t.Result.Attempts
	} else if t.Waiting != nil {
		made = t.Waiting.Attempt - 1
	}
	if len(t.Attempts) < made {
		t.Notes = append(t.Notes, fmt.Sprintf("%d attempts were made and %d are on record: the log is limited in age and size, and is written without waiting.", made, len(t.Attempts)))
	}
	return nil
}
