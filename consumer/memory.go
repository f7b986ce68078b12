package consumer

import (
	"sync"
	"time"

	"github.com/journeyhook/journeyhook/internal/sabotage"
)

// A server that begins anew forgets the ids of what has left a work queue. If it was killed, it also forgets what it
// had delivered, and what was acked, in the moment before, and delivers that as if for the first time. A server that
// takes over from another may not have heard of the last deliveries.

// memory is what a worker knows of the server behind one of its consumers: when it may have begun anew. Many may ask it
// at once.
type memory struct {
	asking together[struct{}]

	mu     sync.Mutex
	life   string    // the server's present one
	heard  time.Time // when it was last known to be in it
	begins []begin   // of lives, the latest ones, oldest first
}

// begin says that a server began anew between two moments. The first one is zero where nobody knows.
type begin struct{ after, before time.Time }

const (
	beginsMost = 16
	ackUnsaved = time.Minute // the longest time that a server may take to write an ack down
)

// check finds out whether the server is still in the life that it was in. It is called between a message's delivery and
// its first use, so that the answer is about the life that delivered it.
func (m *memory) check(ask func() life) {
	m.asking.ask(struct{}{}, func([]struct{}) { m.take(time.Now(), ask()) })
}

// take takes in what was answered to a question.
func (m *memory) take(asked time.Time, now life) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.heard.IsZero():
		m.note(begin{before: now.since})
	case now.name != m.life:
		m.note(begin{m.heard, time.Now()})
	case now.since.After(m.heard) && !now.named:
		m.note(begin{m.heard, now.since})
	}
	m.life, m.heard = now.name, asked
}

// note adds a beginning. The caller holds mu.
func (m *memory) note(b begin) {
	if b.before.IsZero() {
		return // it has always been in one life
	}
	if n := len(m.begins); n > 0 && !b.after.After(m.begins[n-1].before) {
		m.begins[n-1].before = b.before // nobody knew better in between
		return
	}
	if len(m.begins) == beginsMost { // the oldest two become one, which lasts from the one to the other
		m.begins[1].after = m.begins[0].after
		m.begins = m.begins[1:]
	}
	m.begins = append(m.begins, b)
}

// known takes back what is assumed of the time before the first check: nothing of what happened from then on is forgotten.
func (m *memory) known(since time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.begins) > 0 && m.begins[0].after.IsZero() {
		m.begins[0].before = since
	}
}

// forgot reports whether the server may have forgotten that it delivered a message that could be delivered at a time,
// and since when it may have forgotten what came of it.
func (m *memory) forgot(deliverable time.Time) (since time.Time, may bool) {
	if m == nil || sabotage.Guard == sabotage.NoMemory {
		return time.Time{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.begins {
		if b.before.Add(clocksApart).After(deliverable) {
			return b.after.Add(-ackUnsaved - clocksApart), true
		}
	}
	return time.Time{}, false
}

// forgotID reports whether the server may have forgotten an id that was known when a message was stored, and for the
// window before.
func (m *memory) forgotID(stored time.Time, window time.Duration) bool {
	if m == nil || sabotage.Guard == sabotage.NoMemory {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.begins {
		if b.before.Add(clocksApart).After(stored.Add(-window)) && !b.after.Add(-clocksApart).After(stored) {
			return true
		}
	}
	return false
}
