package consumer

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// crowded is an archive whose results are many. It knows the ids of those stored within its window.
type crowded struct {
	known map[string]bool
	full  bool     // and its server refuses whatever is published
	old   []string // that were stored before
	wait  chan struct{}
	read  atomic.Int32 // how often anybody read results
}

func (*crowded) life() uint64 { return 1 }

func (*crowded) window(context.Context, string) (time.Duration, error) { return 5 * time.Minute, nil }

func (*crowded) has(context.Context, string, uint64) (bool, error) { return false, nil }

func (c *crowded) knows(_ context.Context, _, id string) (uint64, bool, error) {
	if c.full {
		return 0, false, fmt.Errorf("no room: %w", errNotTold)
	}
	return 1, c.known[id], nil
}

func (c *crowded) ids(_ context.Context, stream, subject string, s span, visit visit) error {
	if stream != (schema.Names{}).Results() {
		return nil
	}
	c.read.Add(1)
	if subject == (schema.Names{}).ResultSubjects("acme", 1) && c.wait != nil {
		<-c.wait
	}
	for i, id := range c.old {
		visit(uint64(i+1), s.since.Add(time.Second), id)
	}
	return nil
}

func TestWhatJustHappenedIsKnownByItsID(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		key   string
		since time.Duration // ago
		full  bool
		gone  bool
		reads int32
	}{
		"ended just now":                     {"acme:s1", time.Minute, false, true, 0},
		"not ended":                          {"acme:s2", time.Minute, false, false, 0},
		"ended just now, and it is old":      {"acme:s1", time.Hour, false, true, 0},
		"ended longer ago than ids are kept": {"acme:s3", time.Hour, false, true, 1},
		"not ended, and it is old":           {"acme:s2", time.Hour, false, false, 1},
		"ended, and NATS has no room":        {"acme:s3", time.Minute, true, true, 1},
		"not ended, and NATS has no room":    {"acme:s2", time.Minute, true, false, 1},
	} {
		a := &crowded{known: map[string]bool{"acme:s1": true}, old: []string{"acme:s3"}, full: c.full}
		p := &past{archive: a, trails: trailsOfMessages(schema.Names{})}
		since := now.Add(-c.since)
		q := &question{key: c.key, results: schema.Names{}.ResultSubjects("acme", 1), project: "acme", webhook: "crm", since: since, ended: since, stored: since}
		if err := p.ask(t.Context(), q); err != nil || q.gone != c.gone || a.read.Load() != c.reads {
			t.Errorf("%s: gone %t, results read %d times, %v", name, q.gone, a.read.Load(), err)
		}
	}
}

// A workflow with so many results that looking through them takes long holds up nobody else's steps.
func TestQuestionsAboutOneWorkflowDoNotWaitForAnother(t *testing.T) {
	t.Parallel()
	a := &crowded{wait: make(chan struct{})}
	p := &past{archive: a, trails: trailsOfMessages(schema.Names{})}
	ask := func(workflow int64) *question {
		since := time.Now().Add(-time.Hour)
		q := &question{key: "acme:s", results: schema.Names{}.ResultSubjects("acme", workflow), project: "acme", webhook: "crm", since: since, ended: since, stored: since}
		if err := p.ask(t.Context(), q); err != nil {
			t.Error(err)
		}
		return q
	}
	slow := make(chan struct{})
	go func() {
		defer close(slow)
		ask(1)
	}()
	for a.read.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	ask(2)
	close(a.wait)
	<-slow
}

// What is kept of workflows that nobody asks about any more is forgotten.
func TestPartsOfThePastAreForgotten(t *testing.T) {
	t.Parallel()
	p := &past{}
	for i := range 10 {
		one := p.begin(fmt.Sprint(i))
		one.known.keep(5)
		p.end(one)
	}
	if n := p.kept.Load(); len(p.parts) != 10 || n != 50 {
		t.Fatalf("%d parts of %d ids", len(p.parts), n)
	}
	for _, one := range p.parts {
		one.used = time.Now().Add(-2 * knowledgeIdle)
	}
	p.end(p.begin("another"))
	if n := p.kept.Load(); len(p.parts) != 1 || n != 0 {
		t.Errorf("%d parts of %d ids are left", len(p.parts), n)
	}
}
