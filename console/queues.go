package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/directget"
	"github.com/journeyhook/journeyhook/schema"
)

// queue is a stream in which steps wait.
type queue struct {
	place, stream, subjects string
}

func queuesOf(n schema.Names, project string) []queue {
	return []queue{
		{PlaceSteps, n.Steps(), n.All("steps." + project)},
		{PlaceRetries, n.Retries(), n.All("retries.*." + project)},
		{PlaceBacklog, n.Backlog(), n.All("backlog." + project)},
	}
}

// queued is a step's message in a queue.
type queued struct {
	queue
	msg  *directget.Message
	step schema.Step
}

// find is a step's message, nil when it is not there. It reads what was there when it began.
func (q queue) find(ctx context.Context, js jetstream.JetStream, step string) (found *queued, err error) {
	stream, err := js.Stream(ctx, q.stream)
	if err != nil {
		return nil, streamError(q.stream, err)
	}
	state := stream.CachedInfo().State
	if state.Msgs == 0 {
		return nil, nil
	}
	look := func(m *directget.Message) bool {
		if bytes.Contains(m.Data, []byte(step)) || bytes.Contains(m.Data, []byte(`\u`)) { // an id may be written with escapes
			if s, _ := schema.DecodeStep(m.Data); s.ID == step {
				found = &queued{q, m, s}
			}
		}
		return found == nil
	}
	span := directget.Span{From: max(state.FirstSeq, 1), To: state.LastSeq + 1}
	err = directget.Read(ctx, js, q.stream, q.subjects, span, look)
	if errors.Is(err, nats.ErrNoResponders) {
		err = q.oneByOne(ctx, stream, span, look)
	}
	if err != nil {
		return nil, fmt.Errorf("console: look into %s: %w", q.stream, err)
	}
	return found, nil
}

// oneByOne reads a stream that was made without direct gets.
func (q queue) oneByOne(ctx context.Context, stream jetstream.Stream, span directget.Span, look func(*directget.Message) bool) error {
	for seq := span.From; seq < span.To; seq++ {
		msg, err := stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(q.subjects))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if !look(&directget.Message{Sequence: msg.Sequence, Stored: msg.Time, Subject: msg.Subject, Header: msg.Header, Data: msg.Data}) {
			return nil
		}
		seq = msg.Sequence
	}
	return nil
}
