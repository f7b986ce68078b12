package consumer

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

// archive reads the ids of a stream's messages on a subject, in order.
type archive interface {
	ids(ctx context.Context, stream, subject string, s span, visit func(sequence uint64, id string)) error
	// life changes when sequences read earlier may stand for other messages.
	life() uint64
}

// span is a part of a stream: from a sequence, or if that is 0 from a time, up to a sequence that is not part of
// it, or if that is 0 to the end.
type span struct {
	since    time.Time
	from, to uint64
}

// streamArchive reads streams with direct gets, which a work queue allows beside its consumers. It reads
// in batches where the server knows them (2.11 and later), one by one where it does not.
type streamArchive struct {
	js     jetstream.JetStream
	log    zerolog.Logger
	strict bool // nothing may be taken for granted
}

const (
	archiveBatch = 512
	archiveBytes = 1 << 20
	statusNone   = "404"
	statusEnd    = "204"
)

// life is another one after each reconnect: a lone server that lost power may have lost the end of a stream.
func (a streamArchive) life() uint64 { return a.js.Conn().Stats().Reconnects }

func (a streamArchive) ids(ctx context.Context, stream, subject string, s span, visit func(uint64, string)) error {
	nc := a.js.Conn()
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return fmt.Errorf("consumer: look into %s: %w", stream, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	from := fmt.Sprintf(`"start_time":%q`, s.since.UTC().Format(time.RFC3339Nano))
	for next := s.from; ; {
		if next > 0 {
			from = fmt.Sprintf(`"seq":%d`, next)
		}
		request := fmt.Sprintf(`{"next_by_subj":%q,"batch":%d,"max_bytes":%d,%s}`, subject, archiveBatch, archiveBytes, from)
		if err := nc.PublishRequest(jetstream.DefaultAPIPrefix+"DIRECT.GET."+stream, inbox, []byte(request)); err != nil {
			return fmt.Errorf("consumer: look into %s: %w", stream, err)
		}
		next, err = a.page(ctx, sub, visit)
		if errors.Is(err, nats.ErrNoResponders) {
			return a.refused(ctx, stream)
		}
		if err != nil {
			return fmt.Errorf("consumer: look into %s: %w", stream, err)
		}
		if next == 0 || s.to > 0 && next >= s.to {
			return nil
		}
	}
}

// page reads the answers to one request and says at which sequence the next one begins, 0 when there is no more.
func (a streamArchive) page(ctx context.Context, sub *nats.Subscription, visit func(uint64, string)) (next uint64, err error) {
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return 0, err
		}
		pending, batched := msg.Header["Nats-Num-Pending"]
		last := msg.Header.Get("Nats-Sequence")
		status := msg.Header.Get("Status")
		switch status {
		case "":
		case statusNone:
			return 0, nil
		case statusEnd:
			if last = msg.Header.Get("Nats-Last-Sequence"); pending[0] == "0" {
				return 0, nil
			}
		default:
			return 0, fmt.Errorf("status %s %s", status, msg.Header.Get("Description"))
		}
		sequence, err := strconv.ParseUint(last, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("sequence %q: %w", last, err)
		}
		if status == "" {
			visit(sequence, msg.Header.Get(jetstream.MsgIDHeader))
		}
		if status != "" || !batched {
			return sequence + 1, nil
		}
	}
}

// refused is nil for a stream that was made without direct gets, unless strict: its past is nobody's to tell, and
// its steps must go on.
func (a streamArchive) refused(ctx context.Context, stream string) error {
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
