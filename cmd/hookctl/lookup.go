package main

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
	placeSteps   = "steps"
	placeRetries = "retries"
	placeBacklog = "backlog"
	placeDone    = "done"
	placeUnknown = "unknown"
)

// lookup searches the streams for one step. Queues are read message by message, since a consumer of
// our own would take part in the work.
type lookup struct {
	ctx           context.Context
	js            jetstream.JetStream
	names         schema.Names
	project, step string
	since         time.Duration
}

func (l *lookup) story() (story, error) {
	t := story{Project: l.project, Step: l.step, Place: placeUnknown, Attempts: []schema.Attempt{}}
	for range 2 { // a step may move on while it is looked for
		if err := l.place(&t); err != nil {
			return t, err
		}
		if t.Place != placeUnknown {
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
func (l *lookup) place(t *story) error {
	err := l.records(l.names.Results(), l.names.All("results."+l.project), func(data []byte) bool {
		var r schema.Result
		if json.Unmarshal(data, &r) == nil && r.StepID == l.step {
			t.Result, t.Place = &r, placeDone
		}
		return t.Result == nil
	})
	if err != nil || t.Place == placeDone {
		return err
	}
	for _, q := range []struct{ place, stream, subjects string }{
		{placeSteps, l.names.Steps(), l.names.All("steps." + l.project)},
		{placeRetries, l.names.Retries(), l.names.All("retries.*." + l.project)},
		{placeBacklog, l.names.Backlog(), l.names.All("backlog." + l.project)},
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
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: []string{subjects}}
	if l.since > 0 {
		from := time.Now().Add(-l.since)
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &from
	}
	cons, err := l.js.OrderedConsumer(l.ctx, name, cfg)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("there is no stream %s yet; a worker makes it when it starts", name)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	left := cons.CachedInfo().NumPending
	if left == 0 {
		return nil
	}
	msgs, err := cons.Messages()
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	defer msgs.Stop()
	for ; left > 0; left-- {
		msg, err := msgs.Next(jetstream.NextContext(l.ctx))
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if bytes.Contains(msg.Data(), []byte(l.step)) && !keep(msg.Data()) {
			return nil
		}
	}
	return nil
}

// queued is the step's message in a work queue, nil when it is not there.
func (l *lookup) queued(name, subjects string) (*jetstream.RawStreamMsg, error) {
	stream, err := l.js.Stream(l.ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("there is no stream %s yet; a worker makes it when it starts", name)
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, err)
	}
	last := stream.CachedInfo().State.LastSeq
	for seq := stream.CachedInfo().State.FirstSeq; seq <= last; seq++ {
		msg, err := stream.GetMsg(l.ctx, max(seq, 1), jetstream.WithGetMsgSubject(subjects))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
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

func (l *lookup) waiting(msg *jetstream.RawStreamMsg) *waiting {
	progress := schema.ReadProgress(msg.Header)
	_, webhook, _ := l.names.StepAddress(msg.Subject)
	w := &waiting{Webhook: webhook, Attempt: progress.Attempt, Since: msg.Time, Due: progress.Due}
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

// note says what the records may no longer hold.
func (l *lookup) note(t *story) error {
	if t.Place == placeUnknown {
		stream, err := l.js.Stream(l.ctx, l.names.Results())
		if err != nil {
			return fmt.Errorf("stream %s: %w", l.names.Results(), err)
		}
		t.Notes = append(t.Notes, fmt.Sprintf("No queue holds step %s of project %s, and there is no result of it. Check the id and the project; results are kept for %s, so an older step is not known any more.",
			l.step, l.project, stream.CachedInfo().Config.MaxAge))
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
