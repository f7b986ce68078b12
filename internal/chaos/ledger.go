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
	served  map[string]served // by webhook
	faults  []Fault
	trouble []string
	moves   int // of steps to a lane or the backlog
}

// served is what is known of a webhook's calls that were answered 200.
type served struct {
	newest time.Time // the latest first publish of a step that got one
	path   string    // of the last one
}

func newLedger() *ledger {
	return &ledger{stories: map[string]*Story{}, served: map[string]served{}}
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

// called notes a call just before its answer goes out. One that hangs is answered by nobody.
func (l *ledger) called(r devstack.Request) {
	path, _, _ := strings.Cut(r.URI, "?")
	c := Call{At: r.At, Ended: time.Now(), Path: path, Status: r.Status}
	if path == "/hang" {
		c.Status = 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.story(r.Step())
	s.Calls = append(s.Calls, c)
	if c.Status == 200 {
		was := l.served[s.Webhook]
		l.served[s.Webhook] = served{newest: later(was.newest, s.Tried), path: path}
	}
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

func (l *ledger) lastServed(webhook string) served {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.served[webhook]
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
