package consumer_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/schema"
)

// marks counts takes as Redis does.
type marks struct {
	mu    sync.Mutex
	takes map[string]int
}

func (m *marks) Before(_ context.Context, message string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.takes[message] + 1, nil
}

func (m *marks) Begin(_ context.Context, message string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.takes[message]++
	return nil
}

func (m *marks) End(_ context.Context, message string, again bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if delete(m.takes, message); again {
		m.takes[message] = -1
	}
	return nil
}

// oddTiles panics on some steps, outside of any attempt.
type oddTiles struct{ t *testing.T }

func (o oddTiles) Learn(s *schema.Step) {
	if strings.HasPrefix(s.ID, "odd") {
		panic("index out of range in pat@example.com")
	}
}

// A panic anywhere in a step's handling does not end the worker. The step is tried five times in all, then it is kept and exits;
// the others go on.
func TestAStepThatPanicsOutsideItsAttemptIsPoison(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setup(t, ok, func(c *consumer.Consumer) {
		c.Log, c.Tiles, c.Takes = zerolog.New(zerolog.SyncWriter(&log)), oddTiles{t}, &marks{takes: map[string]int{}}
	})
	b.hooks.set(hook("crm"))
	b.send(step("odd", "crm"), step("fine", "crm"))
	b.results(1, 5*time.Second)
	all := b.results(2, 60*time.Second)
	if r := all["odd"]; r.Outcome != schema.Exit || r.Reason != schema.ReasonInvalidStep || r.WorkflowID != 12345 || !strings.Contains(r.Detail, "5 times") {
		t.Errorf("%+v", r)
	}
	if r := all["fine"]; r.Outcome != schema.Continue {
		t.Errorf("%+v", r)
	}
	b.count(b.names.Dead(), 1, 5*time.Second)
	b.count(b.names.Steps(), 0, 5*time.Second)
	if b.notes.kinds()[schema.KindUnreadableStep] != 1 {
		t.Errorf("notifications: %v", b.notes.kinds())
	}
	b.stopped()
	text := log.String()
	if n := strings.Count(text, "please report it\"}"); n != 5 || !strings.Contains(text, "poison_test.go") || strings.Contains(text, "pat@") {
		t.Errorf("%d faults in the log, want 5:\n%s", n, text)
	}
}

// Deliveries after which a worker gave the message back are none by which it ended, however many they are.
func TestWhatIsGivenBackIsNoPoison(t *testing.T) {
	t.Parallel()
	m := &marks{takes: map[string]int{}}
	b := setup(t, ok, func(c *consumer.Consumer) { c.Takes = m })
	b.hooks.set(hook("crm"))
	b.stopped()
	s, err := b.js.Consumer(t.Context(), b.names.Steps(), schema.StepsConsumer)
	if err != nil {
		t.Fatal(err)
	}
	b.send(step("s1", "crm"))
	for range 20 {
		msg, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if err := msg.Nak(); err != nil {
			t.Fatal(err)
		}
	}
	b.consumer = b.newConsumer(ok)
	b.consumer.Takes = m
	b.start()
	if r := b.results(1, 20*time.Second)["s1"]; r.Outcome != schema.Continue {
		t.Errorf("%+v", r)
	}
	b.stopped()
	if m.mu.Lock(); len(m.takes) != 0 {
		t.Errorf("marks are left: %v", m.takes)
	}
	m.mu.Unlock()
}
