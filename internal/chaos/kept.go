package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// keptMost bounds how many messages are looked at that queues still have at the end.
const keptMost = 5000

// readKept notes in the stories where messages of theirs are still stored.
func (w *world) readKept(ctx context.Context) error {
	for _, stream := range []string{w.names.Steps(), w.names.Retries(), w.names.Backlog()} {
		if err := w.readKeptOf(ctx, stream); err != nil {
			return fmt.Errorf("read what %s still has: %w", stream, err)
		}
	}
	return nil
}

func (w *world) readKeptOf(ctx context.Context, stream string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	s, err := w.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	if s.CachedInfo().State.Msgs == 0 {
		return nil
	}
	next := s.CachedInfo().State.FirstSeq
	for range keptMost {
		msg, err := s.GetMsg(ctx, next, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		next = msg.Sequence + 1
		var step schema.Step
		if json.Unmarshal(msg.Data, &step) != nil {
			continue
		}
		w.ledger.mu.Lock()
		story := w.ledger.story(step.ID)
		story.Kept = append(story.Kept, fmt.Sprintf("message %d on %s, stored %s", msg.Sequence, msg.Subject, msg.Time.Format("15:04:05.000")))
		w.ledger.mu.Unlock()
	}
	return nil
}
