package app_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/journeyhook/journeyhook/internal/app"
)

// writes keeps each write by itself.
type writes struct {
	mu  sync.Mutex
	all []string
	err error
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, string(p))
	return len(p), w.err
}

func (w *writes) lines() (counts []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.all {
		counts = append(counts, strings.Count(p, "\n"))
	}
	return counts
}

func TestLogBufferGathersLinesUntilTheirMomentIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := &writes{}
		log := app.NewLogger("info", "json", &app.LogBuffer{To: to})
		for range 3 {
			log.Info().Msg("attempt")
		}
		log.Debug().Msg("not asked for")
		if got := to.lines(); len(got) != 0 {
			t.Fatalf("written at once: %v", got)
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		log.Info().Msg("attempt")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := to.lines(); len(got) != 2 || got[0] != 3 || got[1] != 1 {
			t.Errorf("lines per write: %v, want [3 1]", got)
		}
	})
}

func TestLogBufferDoesNotKeepWarnings(t *testing.T) {
	t.Parallel()
	to := &writes{}
	log := app.NewLogger("info", "json", &app.LogBuffer{To: to})
	log.Info().Msg("attempt")
	log.Warn().Msg("NATS is away")
	if got := to.lines(); len(got) != 1 || got[0] != 2 {
		t.Fatalf("lines per write: %v, want [2]", got)
	}
	if before, after, _ := strings.Cut(to.all[0], "\n"); !strings.Contains(before, "attempt") || !strings.Contains(after, "away") {
		t.Errorf("not in order: %q", to.all[0])
	}
	log.Log().Msg("of no level")
	if got := to.lines(); len(got) != 2 {
		t.Errorf("a line of no level is not written at once: %v", got)
	}
}

func TestLogBufferHasAnEnd(t *testing.T) {
	t.Parallel()
	to := &writes{}
	log := app.NewLogger("info", "json", &app.LogBuffer{To: to})
	long := strings.Repeat("x", 1000)
	for range 70 {
		log.Info().Msg(long)
	}
	if got := to.lines(); len(got) == 0 {
		t.Error("70 kB wait in memory")
	}
}

func TestLogBufferFlushes(t *testing.T) {
	t.Parallel()
	to := &writes{}
	lines := &app.LogBuffer{To: to}
	log := app.NewLogger("info", "json", lines)
	log.Info().Msg("stopped")
	if err := lines.Flush(); err != nil || len(to.lines()) != 1 {
		t.Errorf("flushed %q, %v", to.all, err)
	}
	if err := lines.Flush(); err != nil || len(to.lines()) != 1 {
		t.Errorf("flushed again %q, %v", to.all, err)
	}
	to.err = errors.New("the pipe is closed")
	log.Info().Msg("lost")
	if err := lines.Flush(); !errors.Is(err, to.err) {
		t.Errorf("got %v", err)
	}
	to.err = nil
	if err := lines.Flush(); err != nil {
		t.Errorf("what could not be written is tried again: %v", err)
	}
}

func TestLogBufferLeavesLinesForPeopleAlone(t *testing.T) {
	t.Parallel()
	var to bytes.Buffer
	log := app.NewLogger("info", "console", &app.LogBuffer{To: &to})
	log.Info().Msg("ready")
	if !strings.Contains(to.String(), "ready") {
		t.Errorf("not written at once: %q", to.String())
	}
}
