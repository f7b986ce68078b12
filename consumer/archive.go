package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/directget"
)

// archive reads the ids of a stream's messages on a subject, in order.
type archive interface {
	ids(ctx context.Context, stream, subject string, s span, visit visit) error
	// has reports whether a message is there.
	has(ctx context.Context, stream string, sequence uint64) (bool, error)
	// life changes when sequences read earlier may stand for other messages.
	life() uint64
}

// visit takes in one message.
type visit func(sequence uint64, stored time.Time, id string)

// span is a part of a stream: from a sequence, or if that is 0 from a time, up to a sequence that is not part of
// it, or if that is 0 to the end.
type span struct {
	since    time.Time
	from, to uint64
}

// streamArchive reads streams with direct gets.
type streamArchive struct {
	js     jetstream.JetStream
	log    zerolog.Logger
	strict bool // nothing may be taken for granted
}

const archiveWait = 10 * time.Second // for the stream's settings

// life is another one after each reconnect: a lone server that lost power may have lost the end of a stream.
func (a streamArchive) life() uint64 { return a.js.Conn().Stats().Reconnects }

func (a streamArchive) ids(ctx context.Context, stream, subject string, s span, visit visit) error {
	part := directget.Span{Since: s.since, From: s.from, To: s.to}
	err := directget.Read(ctx, a.js.Conn(), stream, subject, part, func(m *directget.Message) bool {
		visit(m.Sequence, m.Stored, m.Header.Get(jetstream.MsgIDHeader))
		return true
	})
	if errors.Is(err, nats.ErrNoResponders) {
		return a.refused(ctx, stream)
	}
	if err != nil {
		return fmt.Errorf("consumer: look into %s: %w", stream, err)
	}
	return nil
}

func (a streamArchive) has(ctx context.Context, stream string, sequence uint64) (bool, error) {
	there, err := directget.Has(ctx, a.js.Conn(), stream, sequence)
	if errors.Is(err, nats.ErrNoResponders) {
		return false, a.refused(ctx, stream)
	}
	if err != nil {
		return false, fmt.Errorf("consumer: look for message %d of %s: %w", sequence, stream, err)
	}
	return there, nil
}

// refused is nil for a stream that was made without direct gets, unless strict: its past is nobody's to tell, and
// its steps must go on.
func (a streamArchive) refused(ctx context.Context, stream string) error {
	ctx, cancel := context.WithTimeout(ctx, archiveWait)
	defer cancel()
	s, err := a.js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("consumer: look into %s: %w", stream, err)
	}
	if a.strict || s.CachedInfo().Config.AllowDirect {
		return fmt.Errorf("consumer: look into %s: %w", stream, nats.ErrNoResponders)
	}
	a.log.Error().Str("stream", stream).Msg("the stream does not allow direct gets: after a crash a step may run twice")
	return nil
}
