package consumer

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// aged is a message of the 3-minute lane that was stored so long ago by the server's clock, which is
// ahead of ours by so much.
type aged struct {
	jetstream.Msg
	age, ahead time.Duration
	deliveries uint64
}

func (m aged) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{NumDelivered: m.deliveries, Timestamp: time.Now().Add(m.ahead - m.age)}, nil
}

// A message may have been worked on before if it was due a while ago. A lane's head, told to wait until then, was not;
// where clocks differ by more than lateHead it is asked about in vain.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	lane := schema.LaneFor(3 * time.Minute)
	const wait = 30 * time.Second
	for name, c := range map[string]struct {
		msg   aged
		again bool
		early time.Duration
	}{
		"first delivery, early":                       {aged{age: time.Minute, deliveries: 1}, false, 2 * time.Minute},
		"told to wait, and due":                       {aged{age: lane.Wait, deliveries: 2}, false, 0},
		"told to wait, by a clock that is ahead":      {aged{age: lane.Wait, ahead: -lateHead, deliveries: 2}, false, 0},
		"told to wait, by a clock that stepped ahead": {aged{age: lane.Wait, ahead: -14 * time.Second, deliveries: 2}, true, 0},
		"told to wait, by a clock that stepped back":  {aged{age: lane.Wait, ahead: 14 * time.Second, deliveries: 2}, false, 14 * time.Second},
		"its worker died":                             {aged{age: lane.Wait + wait, deliveries: 2}, true, 0},
		"its worker died, our clock stepped back":     {aged{age: lane.Wait + wait, ahead: 14 * time.Second, deliveries: 3}, true, 0},
		"its worker died, our clock stepped ahead":    {aged{age: lane.Wait + wait, ahead: -14 * time.Second, deliveries: 2}, true, 0},
		"due for long, and delivered once":            {aged{age: time.Hour, deliveries: 1}, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := &held{consumer: &Consumer{AckWait: wait}, msg: c.msg, lane: &lane}
				b := heartbeats{every: wait / 3}
				b.add(h)
				if got := h.again(); got != c.again {
					t.Errorf("again: %t", got)
				}
				if got := (&source{lane: &lane}).early(h); got != c.early {
					t.Errorf("early by %s, want %s", got, c.early)
				}
			})
		})
	}
}

// What a fresh step pays for the two rules.
func BenchmarkAFreshStepsHold(b *testing.B) {
	h := &held{consumer: &Consumer{AckWait: 30 * time.Second}, msg: aged{deliveries: 1}, stored: time.Now()}
	beats := heartbeats{every: 10 * time.Second}
	b.ReportAllocs()
	for b.Loop() {
		beats.take(h, time.Now())
		if h.again() || !h.sure() || h.lost() {
			b.Fatal("not fresh")
		}
	}
}
