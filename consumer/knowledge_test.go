package consumer

import (
	"context"
	"errors"
	"fmt"
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
	read  int
}

type shelved struct {
	at time.Time
	id string
}

func (s *shelf) life() uint64 { return s.lives }

func (s *shelf) ids(_ context.Context, _, _ string, part span, visit func(uint64, string)) error {
	for i, one := range s.all {
		sequence := uint64(i + 1)
		if sequence < part.from || part.from == 0 && one.at.Before(part.since) || part.to > 0 && sequence >= part.to {
			continue
		}
		if s.fails == 0 {
			return errors.New("lost")
		}
		s.fails--
		s.read++
		visit(sequence, one.id)
	}
	return nil
}

// Whatever was asked before, and however that went, the answer is what reading everything anew would say.
func TestKnowledgeSaysWhatTheStreamSays(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	rapid.Check(t, func(t *rapid.T) {
		s, k := &shelf{fails: -1}, &knowledge{}
		at := begun
		for range rapid.IntRange(1, 40).Draw(t, "turns") {
			switch rapid.IntRange(0, 6).Draw(t, "what") {
			case 0, 1, 2:
				at = at.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "later")) * time.Second)
				p := schema.Progress{Attempt: 1, Move: rapid.IntRange(0, 4).Draw(t, "move")}
				s.all = append(s.all, shelved{at, p.MoveID(fmt.Sprint("acme:s", rapid.IntRange(0, 5).Draw(t, "step")))})
			case 3: // the server lost the end of the stream
				s.all, s.lives = s.all[:len(s.all)-rapid.IntRange(0, min(len(s.all), 2)).Draw(t, "gone")], s.lives+1
			case 4:
				k.forget(time.Now().Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "idle")) * time.Minute))
			default:
				since := begun.Add(time.Duration(rapid.IntRange(0, int(at.Sub(begun)/time.Second)).Draw(t, "since")) * time.Second)
				s.fails = rapid.IntRange(-1, 3).Draw(t, "fails")
				moves, err := k.of(t.Context(), s, "S", "a", since, schema.CutMoveID)
				s.fails = -1
				for _, one := range s.all {
					key, move := schema.CutMoveID(one.id)
					if err == nil && !one.at.Before(since) && moves[key] < move {
						t.Fatalf("%s has come to %d, not %d", key, move, moves[key])
					}
				}
				stored := map[string]int{}
				for _, one := range s.all {
					key, move := schema.CutMoveID(one.id)
					stored[key] = max(stored[key], move)
				}
				for key, move := range moves {
					if move > stored[key] {
						t.Fatalf("%s never came to %d", key, move)
					}
				}
			}
		}
	})
}

// Thousands of questions about a crowded stream read it once.
func TestKnowledgeReadsOnce(t *testing.T) {
	t.Parallel()
	s, k, begun := &shelf{fails: -1}, &knowledge{}, time.Now()
	for i := range 1000 {
		s.all = append(s.all, shelved{begun.Add(time.Duration(i) * time.Millisecond), fmt.Sprintf("acme:s%d:1:1", i)})
	}
	for i := range 500 {
		since := begun.Add(time.Duration(999-i) * time.Millisecond)
		if moves, err := k.of(t.Context(), s, "S", "a", since, schema.CutMoveID); err != nil || moves[fmt.Sprint("acme:s", 999-i)] != 1 {
			t.Fatal(i, err)
		}
	}
	if s.read != 500 {
		t.Errorf("%d messages read, want each of the last 500 once", s.read)
	}
	for i := range knowledgeMost {
		k.subjects["S a"].moves[fmt.Sprint(i)] = 1
	}
	if k.forget(time.Now()); len(k.subjects) != 0 {
		t.Error("more is kept than may be")
	}
}
