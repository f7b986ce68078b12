package app

import (
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// LogBuffer gathers log lines for a moment, since to write one to a pipe or a file costs more than to make it. Warnings,
// what is worse, and lines of no level are written at once, behind what was gathered. Call Flush before the process ends;
// one that is killed loses the last moment's lines.
type LogBuffer struct {
	To io.Writer

	mu      sync.Mutex
	lines   []byte
	waiting bool // for the moment to end
}

const (
	logMoment = 100 * time.Millisecond
	logMost   = 64 << 10 // bytes
)

// Write writes lines of unknown level.
func (b *LogBuffer) Write(lines []byte) (int, error) { return b.WriteLevel(zerolog.NoLevel, lines) }

// WriteLevel takes one line. An error may be about lines before it.
func (b *LogBuffer) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line...)
	if level >= zerolog.WarnLevel || len(b.lines) >= logMost {
		return len(line), b.write()
	}
	if !b.waiting {
		b.waiting = true
		time.AfterFunc(logMoment, b.momentOver)
	}
	return len(line), nil
}

func (b *LogBuffer) momentOver() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = false
	_ = b.write() // there is nobody to tell
}

// Flush writes what was gathered.
func (b *LogBuffer) Flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write()
}

// write keeps nothing that can't be written, as without a buffer. The caller holds mu.
func (b *LogBuffer) write() error {
	if len(b.lines) == 0 {
		return nil
	}
	_, err := b.To.Write(b.lines)
	b.lines = b.lines[:0]
	return err
}
