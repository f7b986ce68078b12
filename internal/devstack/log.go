package devstack

import (
	"bytes"
	"sync"
)

// Log keeps what programs write to it, also while it is read.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to the log; it never fails.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is all that was written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
