package consumer_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// A worker that is cut off may have sent a step's next place, and it arrives when another worker has taken the step up.
func TestAMoveThatArrivesTooLateIsLookedInto(t *testing.T) {
	t.Parallel()
	names := schema.Names{}
	begun := time.Now()
	hold := schema.Hold{Stream: names.Retries(), Sequence: 4711, Until: begun.Add(-time.Minute)}
	for name, c := range map[string]struct {
		hold   schema.Hold
		before func(*bench, schema.Step)
		calls  int32
	}{
		"in time, and nobody looks":     {schema.Hold{Stream: hold.Stream, Sequence: hold.Sequence, Until: begun.Add(time.Hour)}, (*bench).resultOf, 1},
		"another worker ended the step": {hold, (*bench).resultOf, 0},
		"another worker moved it first": {hold, (*bench).movedFirst, 0},
		"nothing else came of it":       {hold, func(*bench, schema.Step) {}, 1},
		"nobody says":                   {schema.Hold{}, (*bench).resultOf, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			b := setup(t, counting(&calls))
			b.hooks.set(hook("crm"))
			s := step("s1", "crm")
			c.before(b, s)
			b.arrive(s, c.hold)
			b.count(b.names.Backlog(), 0, 10*time.Second)
			if got := calls.Load(); got != c.calls {
				t.Errorf("%d calls, want %d", got, c.calls)
			}
		})
	}
}

// arrive stores a step's first move, to the backlog, for its second attempt.
func (b *bench) arrive(s schema.Step, h schema.Hold) {
	b.t.Helper()
	p := schema.Progress{Attempt: 2, Move: 1, Hold: h}
	header := nats.Header{jetstream.MsgIDHeader: {p.MoveID(s.Key())}}
	p.Write(header)
	b.publish(b.names.BacklogSubject(s.ProjectID, s.WebhookID), encode(b.t, s), header)
}

func (b *bench) resultOf(s schema.Step) {
	b.t.Helper()
	b.publish(b.names.ResultSubject("acme", 12345, schema.Continue), []byte("{}"), nats.Header{jetstream.MsgIDHeader: {s.Key()}})
}

func (b *bench) movedFirst(s schema.Step) {
	b.t.Helper()
	p := schema.Progress{Attempt: 3, Move: 1}
	header := nats.Header{jetstream.MsgIDHeader: {p.MoveID(s.Key())}}
	p.Write(header)
	b.publish(b.names.RetrySubject(schema.LaneFor(time.Hour), "acme", "crm"), encode(b.t, s), header)
}

func TestAMoveThatArrivesTooLateWaitsForWhoMayHaveTheStep(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	b := setup(t, counting(&calls))
	b.hooks.set(hook("crm"))
	s := step("s1", "crm")
	b.publish(b.names.RetrySubject(schema.LaneFor(time.Hour), "acme", "other"), []byte("the predecessor"), nil)
	b.arrive(s, schema.Hold{Stream: b.names.Retries(), Sequence: 1, Until: time.Now().Add(-time.Minute)})
	time.Sleep(time.Second)
	if calls.Load() != 0 {
		t.Fatal("it was called while another worker may be at work on it")
	}
	b.count(b.names.Backlog(), 1, time.Second)
	queue, err := b.js.Stream(t.Context(), b.names.Retries())
	if err != nil {
		t.Fatal(err)
	}
	if err := queue.DeleteMsg(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	b.count(b.names.Backlog(), 0, 10*time.Second)
	if calls.Load() != 1 {
		t.Errorf("%d calls", calls.Load())
	}
}

// What a step's worker held, and since when another may have had it, goes along with it.
func TestAStepThatIsMovedSaysWhatItsWorkerHeld(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"delivered once": false, "delivered again": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, ok)
			b.stopped()
			b.hooks.set(hook("crm", func(w *schema.Webhook) { w.State = schema.Paused }))
			b.send(step("s1", "crm"))
			if again {
				cons, err := b.js.Consumer(t.Context(), b.names.Steps(), schema.StepsConsumer)
				if err != nil {
					t.Fatal(err)
				}
				msg, err := cons.Next()
				if err != nil {
					t.Fatal(err)
				}
				if err := msg.Nak(); err != nil {
					t.Fatal(err)
				}
			}
			b.consumer = b.newConsumer(ok)
			b.start()
			b.count(b.names.Backlog(), 1, 10*time.Second)
			p := schema.ReadProgress(b.all(b.names.Backlog())[0].Header)
			if left := time.Until(p.Hold.Until); p.Hold.Stream != b.names.Steps() || p.Hold.Sequence != 1 || left < 0 || left > 30*time.Second {
				t.Errorf("held %+v", p.Hold)
			}
			if p.Doubted.IsZero() == again {
				t.Errorf("doubted since %s", p.Doubted)
			}
		})
	}
}

// Producers may write what they like into headers of steps.
func TestNobodyElseSaysWhatAWorkerHeld(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	b := setup(t, counting(&calls))
	b.hooks.set(hook("crm"))
	b.publish(b.names.RetrySubject(schema.LaneFor(time.Hour), "acme", "other"), []byte("there"), nil)
	s := step("s1", "crm")
	header := nats.Header{jetstream.MsgIDHeader: {s.Key()}}
	schema.Progress{Attempt: 1, Doubted: time.Unix(1, 0), Hold: schema.Hold{Stream: b.names.Retries(), Sequence: 1, Until: time.Unix(1, 0)}}.Write(header)
	b.publish(b.names.StepSubject("acme", "crm"), encode(t, s), header)
	b.results(1, time.Second)
	if calls.Load() != 1 {
		t.Errorf("%d calls", calls.Load())
	}
}
