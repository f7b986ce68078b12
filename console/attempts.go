package console

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// AttemptsQuery asks for attempt records. Zero values ask for a project's newest 50.
type AttemptsQuery struct {
	Webhook string
	Step    string
	Reason  schema.Reason
	Next    schema.Next
	Status  schema.Statuses // any of them; statuses and classes
	Since   time.Time
	Until   time.Time
	Limit   int // at most MaxPage
}

func (q *AttemptsQuery) wants(a *schema.Attempt) bool {
	return (q.Webhook == "" || a.WebhookID == q.Webhook) && (q.Step == "" || a.StepID == q.Step) &&
		(q.Reason == "" || a.Reason == q.Reason) && (q.Next == "" || a.Next == q.Next) &&
		(len(q.Status) == 0 || q.Status.Match(a.Status))
}

// Attempts are a project's attempt records, newest first. more says that there are older ones. [Unfinished] comes
// with those that were found.
func (o *Operations) Attempts(ctx context.Context, project string, q AttemptsQuery) (attempts []schema.Attempt, more bool, err error) {
	s := search{
		stream: o.Names.Attempts(), subject: o.attemptSubject(project, q.Webhook),
		since: q.Since, until: q.Until, limit: q.Limit, containing: q.Step,
	}
	return newest(ctx, o, s, q.wants)
}

func (o *Operations) attemptSubject(project, webhook string) string {
	if webhook == "" {
		webhook = "*"
	}
	return o.Names.AttemptSubject(project, webhook)
}

// Event is an attempt record and its place in the stream.
type Event struct {
	Sequence uint64
	Attempt  schema.Attempt
}

// Watch gives each attempt record of a project as it comes, of one webhook or of all with "", until ctx ends
// or each returns an error. With after it begins behind that place in the stream, else with what comes
// next.
func (o *Operations) Watch(ctx context.Context, project, webhook string, after uint64, each func(Event) error) error {
	cfg := jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{o.attemptSubject(project, webhook)}, DeliverPolicy: jetstream.DeliverNewPolicy, InactiveThreshold: time.Minute,
	}
	if after > 0 {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, after+1
	}
	return follow(ctx, o.JS, o.Names.Attempts(), cfg, func(meta *jetstream.MsgMetadata, data []byte) error {
		var a schema.Attempt
		if unmarshal(data, &a) == nil {
			return each(Event{meta.Sequence.Stream, a})
		}
		return nil
	})
}

// ResultsQuery asks for results. Zero values ask for a project's newest 50.
type ResultsQuery struct {
	Email   string // the user's, whole, any letter case
	Webhook string
	Outcome schema.Decision
	Since   time.Time
	Until   time.Time
	Limit   int
}

// Results are a project's results, newest first. more says that there are older ones. [Unfinished] comes with
// those that were found.
func (o *Operations) Results(ctx context.Context, project string, q ResultsQuery) (results []schema.Result, more bool, err error) {
	outcome := string(q.Outcome)
	if outcome == "" {
		outcome = "*"
	}
	subject := strings.TrimSuffix(o.Names.All("results."+project), ">") + "*." + outcome
	s := search{stream: o.Names.Results(), subject: subject, since: q.Since, until: q.Until, limit: q.Limit, containing: q.Webhook, email: q.Email}
	return newest(ctx, o, s, func(r *schema.Result) bool {
		return (q.Email == "" || strings.EqualFold(r.User.Email, q.Email)) && (q.Webhook == "" || r.WebhookID == q.Webhook)
	})
}

// Backlog is how many steps of a webhook wait.
type Backlog struct {
	Steps   uint64 `json:"steps"`   // for their first attempt
	Retries uint64 `json:"retries"` // for a later one
	Backlog uint64 `json:"backlog"` // for room: it is busy, rate-limited or paused
}

// Backlog counts the steps of a webhook that wait.
func (o *Operations) Backlog(ctx context.Context, project, id string) (Backlog, error) {
	var b Backlog
	for _, q := range []struct {
		stream, subject string
		into            *uint64
	}{
		{o.Names.Steps(), o.Names.StepSubject(project, id), &b.Steps},
		{o.Names.Retries(), o.Names.RetrySubject(schema.Lane{Name: "*"}, project, id), &b.Retries},
		{o.Names.Backlog(), o.Names.BacklogSubject(project, id), &b.Backlog},
	} {
		stream, err := o.JS.Stream(ctx, q.stream)
		if err != nil {
			return b, streamError(q.stream, err)
		}
		info, err := stream.Info(ctx, jetstream.WithSubjectFilter(q.subject))
		if err != nil {
			return b, fmt.Errorf("console: stream %s: %w", q.stream, err)
		}
		for _, n := range info.State.Subjects {
			*q.into += n
		}
	}
	return b, nil
}
