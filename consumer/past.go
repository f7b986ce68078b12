package consumer

import (
	"context"
	"math"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// past answers whether steps have left something on its trails. It reads what the streams hold, so its word does not
// depend on a duplicate window.
type past struct {
	archive archive
	trails  []trail

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

// trail is where something of a step may be stored.
type trail struct {
	stream  string
	subject func(*question) string
	read    func(id string) (stepKey string, move int)
}

// trailsOfMessages are where a step is later than a message of it, forward, so that one that moves on meanwhile is met
// at the next.
func trailsOfMessages(n schema.Names) []trail {
	inBacklog := func(q *question) string { return n.BacklogSubject(q.project, q.webhook) }
	inLanes := func(q *question) string { return n.RetrySubject(schema.AnyLane, q.project, q.webhook) }
	ended := func(q *question) string { return q.results }
	return []trail{
		{n.Backlog(), inBacklog, schema.CutMoveID},
		{n.Retries(), inLanes, schema.CutMoveID},
		{n.Backlog(), inBacklog, schema.CutMoveID},
		{n.Results(), ended, ofAnyMove},
	}
}

// trailsOfStrays are STEPS, where strays are stored once more, and those of messages.
func trailsOfStrays(n schema.Names) []trail {
	inSteps := func(q *question) string { return n.StepSubject(q.project, q.webhook) }
	return append([]trail{{n.Steps(), inSteps, schema.CutMoveID}}, trailsOfMessages(n)...)
}

// trailsOfUpdates are where a step's profile update is.
func trailsOfUpdates(n schema.Names) []trail {
	return []trail{{n.Profiles(), func(q *question) string { return n.ProfileSubject(q.project) }, ofAnyMove}}
}

// ofAnyMove reads the id of what a step has once.
func ofAnyMove(id string) (stepKey string, move int) { return id, math.MaxInt }

// answer looks at one trail after another.
func (p *past) answer(ctx context.Context, all []*question) {
	defer p.known.forget(time.Now())
	for _, trail := range p.trails {
		bySubject := map[string][]*question{}
		for _, q := range all {
			bySubject[trail.subject(q)] = append(bySubject[trail.subject(q)], q)
		}
		for subject, some := range bySubject {
			if err := p.known.answer(ctx, p.archive, trail.stream, subject, trail.read, some); err != nil {
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
