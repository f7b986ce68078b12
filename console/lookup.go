package console

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// lookup searches the streams for one step: the queues first, since a step that waits has no result.
type lookup struct {
	ops           *Operations
	project, step string
	period        Period
	seen          time.Time // the step was looked for then already; zero is never

	unread string    // a queue that there was no time for
	looked time.Time // results until then were looked at
	stored time.Time // when the message that says where the step is was stored
	until  time.Time // attempts are older
}

const (
	// ackTime is how long a step may stand in a queue though its result is out: an ack takes that long.
	ackTime = 10 * time.Second
	// skew is how much later than a step's move or result its last attempt may be on record, by the servers' clocks.
	skew = 5 * time.Second
	// redelivery is how much earlier than an attempt another with its number may be on record, whose worker died.
	redelivery = 90 * time.Second
)

// story is where the step is, and its attempts if it is found.
func (l *lookup) story(ctx context.Context) (Story, error) {
	t := Story{Project: l.project, Step: l.step, Place: PlaceUnknown, Attempts: []schema.Attempt{}}
	rounds := 2 // a step may move on while it is looked for; who looks again soon needs no second round
	if !l.seen.IsZero() {
		rounds = 1
	}
	for ; rounds > 0 && t.Place == PlaceUnknown && l.unread == ""; rounds-- {
		if err := l.place(ctx, &t); err != nil {
			return t, err
		}
	}
	if t.Place == PlaceUnknown {
		if l.unread != "" {
			return t, &Unfinished{After: l.ops.searchTime(), Queue: l.unread}
		}
		return t, nil
	}
	l.until = l.stored.Add(skew)
	if err := l.attempts(ctx, &t); err != nil {
		return t, err
	}
	t.noteMissing()
	return t, nil
}

// place finds the queue that the step stands in, or its result. In a second round only younger results are
// looked at.
func (l *lookup) place(ctx context.Context, t *Story) error {
	found, err := l.inQueues(ctx)
	if err != nil {
		return err
	}
	since := later(l.period.Since, later(l.seen, l.looked))
	s := search{stream: l.ops.Names.Results(), subject: l.ops.Names.All("results." + l.project), since: since, until: l.period.Until, containing: l.step}
	if found == nil {
		return l.result(ctx, t, s, 0)
	}
	t.Place, t.Waiting, l.stored = found.place, waiting(l.ops.Names, found), found.msg.Stored
	s.subject, s.since = l.ops.Names.ResultSubjects(l.project, found.step.WorkflowID), found.msg.Stored
	if err := l.result(ctx, t, s, ackTime); unfinished(err) == nil {
		return err
	}
	return nil
}

// inQueues looks through the queues, in half of the time there is: a step that is not found there may have a
// result all the same.
func (l *lookup) inQueues(ctx context.Context) (*queued, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.ops.searchTime()/2, errSearchTime)
	defer cancel()
	for _, q := range queuesOf(l.ops.Names, l.project) {
		found, err := q.find(ctx, l.ops.JS, l.step)
		if err != nil && outOfTime(ctx) {
			l.unread = q.stream
			return nil, nil
		}
		if err != nil || found != nil {
			return found, err
		}
	}
	return nil, nil
}

// result finds the step's result, among those of the last while if that is not 0.
func (l *lookup) result(ctx context.Context, t *Story, s search, last time.Duration) error {
	w, err := openWindows(ctx, l.ops.JS, s)
	if err != nil {
		return l.outOfTime(ctx, err, time.Now())
	}
	if last > 0 {
		w.notBefore(w.now.Add(-last))
	}
	for t.Result == nil && w.next() {
		err := w.read(ctx, func(msg jetstream.Msg) bool {
			var r schema.Result
			if json.Unmarshal(msg.Data(), &r) != nil || r.StepID != l.step {
				return true
			}
			t.Place, t.Result, t.Waiting, l.stored = PlaceDone, &r, nil, r.FinishedAt
			if meta, err := msg.Metadata(); err == nil {
				l.stored = meta.Timestamp
			}
			return false
		})
		if err != nil {
			return l.outOfTime(ctx, err, w.reached())
		}
	}
	l.looked = w.now
	return nil
}

// outOfTime is how far the search came when its time is over, and any other error as it is.
func (l *lookup) outOfTime(ctx context.Context, err error, back time.Time) error {
	if outOfTime(ctx) {
		return &Unfinished{After: l.ops.searchTime(), Back: ceil(back), Queue: l.unread}
	}
	return err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
