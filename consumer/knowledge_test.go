package consumer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/journeyhook/journeyhook/schema"
)

// shelf is an archive of one subject.
type shelf struct {
	all   []shelved
	lives uint64
	fails int // after so many messages; never when negative
	lags  int // so many of the last ones are not there yet
	read  int
}

type shelved struct {
	at time.Time
	id string
}

func newKnowledge() *knowledge { return &knowledge{all: new(atomic.Int64)} }

func (s *shelf) life() uint64 { return s.lives }

func (s *shelf) window(context.Context, string) (time.Duration, error) { return 0, nil }

func (s *shelf) knows(context.Context, string, string) (uint64, bool, error) { return 0, false, nil }

func (s *shelf) ids(_ context.Context, _, _ string, part span, visit visit) error {
	for i, one := range s.all[:max(len(s.all)-s.lags, 0)] {
		sequence := uint64(i + 1)
		if sequence < part.from || part.from == 0 && one.at.Before(part.since) || part.to > 0 && sequence > part.to {
			continue
		}
		if s.fails == 0 {
			return errors.New("lost")
		}
		s.fails--
		s.read++
		visit(sequence, one.at, one.id)
	}
	return nil
}

func (s *shelf) has(context.Context, string, uint64) (bool, error) { return false, nil }

func (s *shelf) ask(k *knowledge, some ...*question) error {
	return k.answer(context.Background(), s, trail{stream: "S", read: schema.CutMoveID}, "a", some)
}

// Whatever was asked before, and however that went, the answer is what reading everything anew would say.
func TestKnowledgeSaysWhatTheStreamSays(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	rapid.Check(t, func(t *rapid.T) {
		s, k := &shelf{fails: -1}, newKnowledge()
		at := begun
		for range rapid.IntRange(1, 50).Draw(t, "turns") {
			switch rapid.IntRange(0, 7).Draw(t, "what") {
			case 0, 1, 2:
				at = at.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "later")) * time.Second)
				p := schema.Progress{Attempt: 1, Move: rapid.IntRange(0, 4).Draw(t, "move")}
				s.all = append(s.all, shelved{at, p.MoveID(fmt.Sprint("acme:s", rapid.IntRange(0, 5).Draw(t, "step")))})
			case 3: // the server lost the end of the stream
				s.all, s.lives = s.all[:len(s.all)-rapid.IntRange(0, min(len(s.all), 2)).Draw(t, "gone")], s.lives+1
			case 4:
				k.forget(time.Now().Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "idle")) * time.Minute))
			default:
				q := &question{
					key: fmt.Sprint("acme:s", rapid.IntRange(0, 5).Draw(t, "asked")), move: rapid.IntRange(0, 4).Draw(t, "from"),
					since:  begun.Add(time.Duration(rapid.IntRange(0, int(at.Sub(begun)/time.Second)).Draw(t, "since")) * time.Second),
					stored: begun.Add(time.Duration(rapid.IntRange(0, int(at.Sub(begun)/time.Second)).Draw(t, "stored")) * time.Second),
				}
				s.fails, s.lags = rapid.IntRange(-1, 3).Draw(t, "fails"), rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "lags")
				err, lagged := s.ask(k, q), s.lags
				s.fails, s.lags = -1, 0
				was, must := false, false
				for i, one := range s.all {
					key, move := schema.CutMoveID(one.id)
					later := key == q.key && (move > q.move || move == q.move && one.at.Before(q.stored)) && !one.at.Before(q.since)
					was = was || later
					must = must || later && i < len(s.all)-lagged
				}
				if q.gone && !was || err == nil && must && !q.gone {
					t.Fatalf("%s has gone on: %t, and is said to: %t (%v)", q.key, was, q.gone, err)
				}
			}
		}
	})
}

// Thousands of questions about a crowded stream read it once.
func TestKnowledgeReadsOnce(t *testing.T) {
	t.Parallel()
	s, k, begun := &shelf{fails: -1}, newKnowledge(), time.Now()
	for i := range 1000 {
		s.all = append(s.all, shelved{begun.Add(time.Duration(i) * time.Millisecond), fmt.Sprintf("acme:s%d:1:1", i)})
	}
	for i := 999; i >= 500; i-- {
		q := &question{key: fmt.Sprint("acme:s", i), since: s.all[i].at}
		if err := s.ask(k, q); err != nil || !q.gone {
			t.Fatal(i, err)
		}
	}
	if s.read > 1000 { // each gap is read up to a message that shows that nothing is left out
		t.Errorf("%d messages read for 500 questions about the last 500", s.read)
	}
}

// What does not fit is answered as well, and not kept.
func TestKnowledgeIsBounded(t *testing.T) {
	t.Parallel()
	s, k, begun := &shelf{fails: -1}, newKnowledge(), time.Now()
	for i := range knowledgeMost + 10 {
		s.all = append(s.all, shelved{begun, fmt.Sprintf("acme:s%d:1:1", i)})
	}
	last := &question{key: fmt.Sprint("acme:s", len(s.all)-1), since: begun}
	if err := s.ask(k, last); err != nil || !last.gone {
		t.Error("the last one was not found", err)
	}
	if len(k.subjects) != 0 || k.kept != 0 {
		t.Errorf("%d ids of %d subjects are kept", k.kept, len(k.subjects))
	}
}

// Answers of a server that was lost meanwhile may be about what it no longer has.
func TestKnowledgeOfAnotherLifeIsNone(t *testing.T) {
	t.Parallel()
	s, k := &shelf{fails: -1, all: []shelved{{time.Now(), "acme:s1:1:1"}}}, newKnowledge()
	q := &question{key: "acme:s1"}
	err := k.answer(t.Context(), s, trail{stream: "S", read: func(id string) (string, int) {
		s.lives++
		return schema.CutMoveID(id)
	}}, "a", []*question{q})
	if !errors.Is(err, errOtherLife) {
		t.Error(err)
	}
}
