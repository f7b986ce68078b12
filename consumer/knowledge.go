package consumer

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"
)

// knowledge is what was read of subjects, so that many questions in a row read each message once. After a server was
// killed they come in thousands.
type knowledge struct {
	subjects map[string]*reading // by stream and subject
	kept     int                 // ids, of all subjects
	all      *atomic.Int64       // of others, too
	life     uint64              // of the archive
}

// reading is what the ids on one subject say, and which part of the stream was read for it.
type reading struct {
	since       time.Time // all that was stored from then on was read …
	first, next uint64    // … which begins at this sequence and ends before that one; 0 when there was nothing
	steps       map[string][]stage
	kept        int
	used        time.Time
}

// stage is how far a step had come when.
type stage struct {
	move int
	at   time.Time
}

const (
	knowledgeMost = 100_000     // ids, which are some 15 MB
	knowledgeIdle = time.Minute // until a subject is forgotten that nobody asks about
)

var errOtherLife = errors.New("consumer: NATS was lost while looking into the past")

// answer answers questions about one subject of a trail. What was read before an error is kept: the next look goes on
// from there.
func (k *knowledge) answer(ctx context.Context, from archive, t trail, subject string, some []*question) error {
	life := from.life()
	if k.subjects == nil || life != k.life {
		k.keep(-k.kept)
		k.subjects, k.life = map[string]*reading{}, life
	}
	l := look{all: k, from: from, stream: t.stream, subject: subject, read: t.read, asked: map[string][]*question{}}
	since := t.since(some[0])
	for _, q := range some {
		l.asked[q.key] = append(l.asked[q.key], q)
		if at := t.since(q); at.Before(since) {
			since = at
		}
	}
	err := l.readSince(ctx, since)
	if err == nil && from.life() != life {
		err = errOtherLife
	}
	return err
}

// look is one look at a subject.
type look struct {
	all             *knowledge
	known           *reading // of the subject
	from            archive
	stream, subject string
	read            func(string) (string, int)
	asked           map[string][]*question
	over            bool // there was more than may be kept
}

// readSince sees to it that all from a time on was read.
func (l *look) readSince(ctx context.Context, since time.Time) error {
	key := l.stream + " " + l.subject
	r := l.all.subjects[key]
	if r == nil {
		r = &reading{since: since, steps: map[string][]stage{}}
		l.all.subjects[key] = r
	}
	l.known, r.used = r, time.Now()
	if since.Before(r.since) && r.next > 0 {
		whole, err := l.before(ctx, since)
		if err != nil || !whole {
			l.all.drop(key)
		}
		if err != nil {
			return err
		}
		if !whole {
			return l.readSince(ctx, since)
		}
	}
	if since.Before(r.since) {
		r.since = since
	}
	for step, qs := range l.asked {
		for _, s := range r.steps[step] {
			tell(qs, s)
		}
	}
	err := l.from.ids(ctx, l.stream, l.subject, span{since: r.since, from: r.next}, func(sequence uint64, at time.Time, id string) bool {
		if r.next == 0 {
			r.first = sequence
		}
		r.next = sequence + 1
		l.note(at, id)
		return true
	})
	if l.over {
		l.all.drop(key)
	}
	return err
}

// before reads what lies between a time and what was read. It reports false when it did not get as far: a server that
// lags behind may not have all of it yet.
func (l *look) before(ctx context.Context, since time.Time) (whole bool, err error) {
	first := l.known.first
	err = l.from.ids(ctx, l.stream, l.subject, span{since: since, to: first}, func(sequence uint64, at time.Time, id string) bool {
		if sequence >= first {
			whole = true
			return true
		}
		l.known.first = min(l.known.first, sequence)
		l.note(at, id)
		return true
	})
	return whole, err
}

// note takes in one id.
func (l *look) note(at time.Time, id string) {
	step, move := l.read(id)
	tell(l.asked[step], stage{move, at})
	if l.over = l.over || l.all.all.Load() >= knowledgeMost; l.over {
		return
	}
	step = strings.Clone(step) // it may be a part of something large
	l.known.steps[step] = append(l.known.steps[step], stage{move, at})
	l.known.kept++
	l.all.keep(1)
}

// tell answers the questions for which a stage is a later one.
func tell(some []*question, s stage) {
	for _, q := range some {
		further := s.move > q.move || s.move == q.move && s.at.Before(q.stored)
		q.gone = q.gone || further && !s.at.Before(q.since)
	}
}

func (k *knowledge) drop(key string) {
	if r := k.subjects[key]; r != nil {
		k.keep(-r.kept)
		delete(k.subjects, key)
	}
}

// keep counts ids.
func (k *knowledge) keep(n int) {
	k.kept += n
	k.all.Add(int64(n))
}

// forget drops what nobody has asked about for a while.
func (k *knowledge) forget(now time.Time) {
	for key, r := range k.subjects {
		if now.Sub(r.used) > knowledgeIdle {
			k.drop(key)
		}
	}
}
