package consumer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

// forgetful is a cluster that does not answer for a consumer until it is told of it.
type forgetful struct {
	jetstream.JetStream
	answer error // nil when it knows the consumer
	told   []jetstream.ConsumerConfig
}

func (f *forgetful) Conn() *nats.Conn { return nil }

func (f *forgetful) Consumer(context.Context, string, string) (jetstream.Consumer, error) {
	return remembered{}, f.answer
}

func (f *forgetful) UpdateConsumer(_ context.Context, _ string, c jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	f.told, f.answer = append(f.told, c), nil
	return remembered{}, nil
}

type remembered struct{ jetstream.Consumer }

func (remembered) CachedInfo() *jetstream.ConsumerInfo {
	return &jetstream.ConsumerInfo{Config: jetstream.ConsumerConfig{Durable: "workers", MaxAckPending: 7}}
}

func TestAConsumerThatNobodyAnswersForIsToldOfAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer error
		fails  time.Duration
		told   int
	}{
		"for a moment":           {errors.New("no answer"), 20 * time.Second, 0},
		"for longer than a hold": {errors.New("no answer"), 2 * time.Minute, 1},
		"it was deleted":         {jetstream.ErrConsumerNotFound, 2 * time.Minute, 0},
		"it answers":             {nil, 2 * time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				js := &forgetful{answer: c.answer}
				s := &source{consumer: &Consumer{JS: js, AckWait: 30 * time.Second, Log: zerolog.Nop(), Metrics: modelMetrics}, durable: "workers", bound: bound{cons: remembered{}}}
				for began := time.Now(); time.Since(began) < c.fails; {
					s.mend(t.Context(), nats.ErrNoResponders)
				}
				if len(js.told) != c.told {
					t.Fatalf("told of it %d times, want %d", len(js.told), c.told)
				}
				if c.told > 0 && js.told[0].MaxAckPending != 7 {
					t.Errorf("told of %+v", js.told[0])
				}
			})
		})
	}
}
