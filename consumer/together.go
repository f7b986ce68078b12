package consumer

import "sync"

// together lets many ask at once: whoever has the turn answers for all that wait, so that one request
// serves them.
type together[T any] struct {
	turn    sync.Mutex
	mu      sync.Mutex
	waiting []*asked[T]
}

type asked[T any] struct {
	one  T
	done bool // guarded by turn
}

// ask returns when answer was called with one among others.
func (t *together[T]) ask(one T, answer func([]T)) {
	mine := &asked[T]{one: one}
	t.mu.Lock()
	t.waiting = append(t.waiting, mine)
	t.mu.Unlock()
	t.turn.Lock()
	defer t.turn.Unlock()
	if mine.done {
		return
	}
	t.mu.Lock()
	all := t.waiting
	t.waiting = nil
	t.mu.Unlock()
	ones := make([]T, len(all))
	for i, a := range all {
		ones[i], a.done = a.one, true
	}
	answer(ones)
}
