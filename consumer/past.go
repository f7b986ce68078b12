package consumer

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/journeyhook/journeyhook/schema"
)

// past answers whether steps have left something on its trails. It reads what the streams hold; what was stored within a
// stream's duplicate window it need not read, since the server knows those ids.
type past struct {
	archive archive
	trails  []trail

	mu    sync.Mutex
	parts map[string]*part // by the subjects of results
	kept  atomic.Int64     // ids, of all parts
}

// part is what is known of one workflow's steps. Questions about another one need not wait for it.
type part struct {
	asking together[*question]
	known  knowledge // of whoever answers
	busy   int       // that ask; guarded by the past's mu
	used   time.Time // last; the same
}

// question is about one held message. gone and err are its answer.
type question struct {
	key, project, webhook string
	results               string // the subjects of results it may have
	move                  int
	since                 time.Time // what else came of the step is younger
	ended                 time.Time // so is what ended it, where ids don't tell
	stored                time.Time // when the message was stored: of two moves of the same number the first one counts
	gone                  bool
	err                   error
}

// ask answers the question, together with what others ask about the workflow meanwhile.
func (p *past) ask(ctx context.Context, q *question) error {
	one := p.begin(q.results)
	defer p.end(one)
	one.asking.ask(q, func(all []*question) {
		ctx, cancel := context.WithTimeout(ctx, pastPatience)
		defer cancel()
		p.answer(ctx, one, all)
	})
	return q.err
}

func (p *past) begin(results string) *part {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for key, one := range p.parts {
		if one.busy == 0 && now.Sub(one.used) > knowledgeIdle {
			one.known.keep(-one.known.kept)
			delete(p.parts, key)
		}
	}
	one := p.parts[results]
	if one == nil {
		if p.parts == nil {
			p.parts = map[string]*part{}
		}
		one = &part{known: knowledge{all: &p.kept}}
		p.parts[results] = one
	}
	one.busy++
	return one
}

func (p *past) end(one *part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one.busy--
	one.used = time.Now()
}

// pastPatience is for one answer, which reads some 50,000 messages a second and ends when one page of them does not come.
const pastPatience = 10 * time.Minute

// trail is where something of a step may be stored.
type trail struct {
	stream  string
	subject func(*question) string
	read    func(id string) (stepKey string, move int)
	once    func(*question) string // a subject of the stream, where a step leaves one message at most, under its own key
}

// since is from when on a trail is read for a question.
func (t trail) since(q *question) time.Time {
	if t.once != nil {
		return q.ended
	}
	return q.since
}

// trailsOfMessages are where a step is later than a message of it, forward, so that one that moves on meanwhile is met
// at the next.
func trailsOfMessages(n schema.Names) []trail {
	inBacklog := func(q *question) string { return n.BacklogSubject(q.project, q.webhook) }
	inLanes := func(q *question) string { return n.RetrySubject(schema.AnyLane, q.project, q.webhook) }
	ended := func(q *question) string { return q.results }
	return []trail{
		{n.Backlog(), inBacklog, schema.CutMoveID, nil},
		{n.Retries(), inLanes, schema.CutMoveID, nil},
		{n.Backlog(), inBacklog, schema.CutMoveID, nil},
		{n.Results(), ended, ofAnyMove, func(q *question) string { return n.ResultSubject(q.project, 0, schema.Exit) }},
	}
}

// trailsOfStrays are STEPS, where strays are stored once more, and those of messages.
func trailsOfStrays(n schema.Names) []trail {
	inSteps := func(q *question) string { return n.StepSubject(q.project, q.webhook) }
	return append([]trail{{n.Steps(), inSteps, schema.CutCopyID, nil}}, trailsOfMessages(n)...)
}

// trailsOfUpdates are where a step's profile update is.
func trailsOfUpdates(n schema.Names) []trail {
	subject := func(q *question) string { return n.ProfileSubject(q.project) }
	return []trail{{n.Profiles(), subject, ofAnyMove, subject}}
}

// ofAnyMove reads the id of what a step has once.
func ofAnyMove(id string) (stepKey string, move int) { return id, math.MaxInt }

// answer looks at one trail after another.
func (p *past) answer(ctx context.Context, one *part, all []*question) {
	defer one.known.forget(time.Now())
	for _, trail := range p.trails {
		left := all
		if trail.once != nil {
			var err error
			if left, err = p.byID(ctx, trail, all); err != nil {
				fail(all, err)
				return
			}
		}
		bySubject := map[string][]*question{}
		for _, q := range left {
			bySubject[trail.subject(q)] = append(bySubject[trail.subject(q)], q)
		}
		for subject, some := range bySubject {
			if err := one.known.answer(ctx, p.archive, trail, subject, some); err != nil {
				fail(all, err)
				return
			}
		}
	}
}

const idsAtOnce = 64 // that the server is asked about

// byID asks the server whether it knows the ids, and returns the questions that it can't answer so: about what may be too
// old, and where it refuses to say.
func (p *past) byID(ctx context.Context, t trail, all []*question) (left []*question, err error) {
	window, err := p.archive.window(ctx, t.stream)
	if err != nil {
		return nil, err
	}
	known := time.Now().Add(clocksApart - window) // since when the server knows them all
	refused := make([]bool, len(all))
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(idsAtOnce)
	for i, q := range all {
		if q.gone || window == 0 {
			refused[i] = true
			continue
		}
		asking.Go(func() error {
			_, gone, err := p.archive.knows(ctx, t.once(q), q.key)
			if refused[i] = errors.Is(err, errNotTold); refused[i] {
				return nil
			}
			q.gone = gone
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	for i, q := range all {
		if refused[i] && q.since.Before(q.ended) {
			q.ended = q.since // no id tells
		}
		if !q.gone && (refused[i] || q.ended.Before(known)) {
			left = append(left, q)
		}
	}
	return left, nil
}

// fail leaves all without an answer. They ask again in a while, and not at once of a server that has too much to do.
func fail(all []*question, err error) {
	for _, q := range all {
		q.err = err
	}
}
