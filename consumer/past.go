package consumer

import (
	"context"
	"math"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// past answers whether steps went on: whether a result of theirs, or a copy of them that was moved later,
// is stored. It reads what the streams hold, so its word does not depend on a duplicate window.
type past struct {
	archive archive
	names   schema.Names
	steps   bool // look into STEPS, too

	asking together[*question]
	known  knowledge // of whoever answers
}

// question is about one held message. gone and err are its answer.
type question struct {
	key, project, webhook string
	results               string // the subjects of results it may have
	move                  int
	since                 time.Time // what else came of the step is younger
	stored                time.Time // when the message was stored: of two moves of the same number the first one counts
	gone                  bool
	err                   error
}

// ask answers the question, together with what others ask meanwhile.
func (p *past) ask(ctx context.Context, q *question) error {
	p.asking.ask(q, func(all []*question) {
		ctx, cancel := context.WithTimeout(ctx, pastPatience)
		defer cancel()
		p.answer(ctx, all)
	})
	return q.err
}

// pastPatience is for one answer, which reads some 50,000 messages a second and ends when one page of them does not come.
const pastPatience = 10 * time.Minute

// answer looks where a step can be later than a message of it: forward through its places, so that one
// that moves on meanwhile is met at the next.
func (p *past) answer(ctx context.Context, all []*question) {
	inBacklog := func(q *question) string { return p.names.BacklogSubject(q.project, q.webhook) }
	inLanes := func(q *question) string { return p.names.RetrySubject(schema.AnyLane, q.project, q.webhook) }
	ended := func(q *question) string { return q.results }
	type place struct {
		stream  string
		subject func(*question) string
		read    func(id string) (stepKey string, move int)
	}
	places := []place{
		{p.names.Backlog(), inBacklog, schema.CutMoveID},
		{p.names.Retries(), inLanes, schema.CutMoveID},
		{p.names.Backlog(), inBacklog, schema.CutMoveID},
		{p.names.Results(), ended, func(id string) (string, int) { return id, math.MaxInt }},
	}
	if p.steps {
		inSteps := func(q *question) string { return p.names.StepSubject(q.project, q.webhook) }
		places = append([]place{{p.names.Steps(), inSteps, schema.CutMoveID}}, places...)
	}
	defer p.known.forget(time.Now())
	for _, place := range places {
		bySubject := map[string][]*question{}
		for _, q := range all {
			bySubject[place.subject(q)] = append(bySubject[place.subject(q)], q)
		}
		for subject, some := range bySubject {
			if err := p.known.answer(ctx, p.archive, place.stream, subject, place.read, some); err != nil {
				fail(all, err)
				return
			}
		}
	}
}

// fail leaves all without an answer. They ask again in a while, and not at once of a server that has too much to do.
func fail(all []*question, err error) {
	for _, q := range all {
		q.err = err
	}
}
