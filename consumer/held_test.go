package consumer

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// stored is a message of which only its place is known.
type stored struct {
	jetstream.Msg
	sequence uint64
}

func (m stored) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Stream: "STEPS", Sequence: jetstream.SequencePair{Stream: m.sequence}}, nil
}

// A message that comes again while it is held is not taken twice, and its second arrival's end does not
// take the first one's heartbeats away.
func TestAHeldMessageIsNotTakenTwice(t *testing.T) {
	t.Parallel()
	var b heartbeats
	hold := func(sequence uint64) *held {
		return &held{consumer: &Consumer{AckWait: time.Minute}, msg: stored{sequence: sequence}}
	}
	first, again, other := hold(1), hold(1), hold(2)
	if !b.add(first) || b.add(again) || !b.add(other) {
		t.Fatal("want the first and the other taken, and not the one that came again")
	}
	b.remove(again)
	if b.add(again) || len(b.snapshot()) != 2 {
		t.Error("the first one is not held any more")
	}
	b.remove(first)
	if !b.add(again) {
		t.Error("given back and redelivered, it can't be taken")
	}
}
