package main

import (
	"strings"
	"sync"
	"time"

	"github.com/journeyhook/journeyhook/internal/devstack"
)

// ledger collects steps and calls while a run goes on.
type ledger struct {
	mu      sync.Mutex
	stories map[string]*Story
	served  map[string]time.Time // by webhook: the latest first publish of a step that was served
	paths   map[string]string    // by webhook: of the last call
	faults  []Fault
	trouble []string
	notices []Notice              // as they were stored
	most    int                   // messages in the backlog, while many webhooks were paused
	ahead   map[int]time.Duration // by process: how wrong its clock is
	lately  []published           // oldest first
	moves   int                   // of steps to a lane or the backlog
}

func newLedger() *ledger {
	return &ledger{stories: map[string]*Story{}, served: map[string]time.Time{}, paths: map[string]string{}, ahead: map[int]time.Duration{}}
}

// tried notes a step before its first publish.
func (l *ledger) tried(id, webhook string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stories[id] = &Story{ID: id, Webhook: webhook, Tried: time.Now()}
}

func (l *ledger) acked(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stories[id].Acked = time.Now()
}

// called notes a call just before its answer goes out.
func (l *ledger) called(r devstack.Request) {
	path, _, _ := strings.Cut(r.URI, "?")
	c := Call{At: r.At, Ended: time.Now(), Path: path, Status: r.Status}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.story(r.Step())
	s.called(c)
	l.paths[s.Webhook] = path
	if c.Status == 200 || strings.HasPrefix(path, "/fail/") { // which is how it answers first
		l.served[s.Webhook] = later(l.served[s.Webhook], s.Tried)
	}
}

// refused notes a request that the endpoint says it did not process: late where it said so of the whole connection, before
// the request was read.
func (l *ledger) refused(r devstack.Request, late bool) {
	c := Call{At: r.At, Ended: time.Now(), Path: r.URI, Refused: true, Late: late}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.story(r.Step()).called(c)
}

// story finds a step's story; a step nobody published has one without a webhook. The caller holds mu.
func (l *ledger) story(id string) *Story {
	s := l.stories[id]
	if s == nil {
		s = &Story{ID: id}
		l.stories[id] = s
	}
	return s
}

func (l *ledger) lastServed(webhook string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.served[webhook]
}

func (l *ledger) lastCalled(webhook string) (path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.paths[webhook]
}

func (l *ledger) fault(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, f)
}

func (l *ledger) moved() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.moves++
}

func (l *ledger) complain(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble = append(l.trouble, err.Error())
}
