package consumer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/directget"
	"github.com/journeyhook/journeyhook/schema"
)

// archive reads the ids of a stream's messages on a subject, in order.
type archive interface {
	ids(ctx context.Context, stream, subject string, s span, visit visit) error
	// knows reports whether the server knows an id as that of a message stored within the duplicate window, and which one
	// that is. The subject is one of the stream's. It fails with errNotTold where the server has another reason to refuse
	// the question, as a lack of room.
	knows(ctx context.Context, subject, id string) (sequence uint64, known bool, err error)
	// window is a stream's duplicate window.
	window(ctx context.Context, stream string) (time.Duration, error)
	// has reports whether a message is there.
	has(ctx context.Context, stream string, sequence uint64) (bool, error)
	// life changes when sequences read earlier may stand for other messages.
	life() uint64
}

// visit takes in one message, and reports whether it wants another.
type visit func(sequence uint64, stored time.Time, id string) (more bool)

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
	steps  string // the stream STEPS
	strict bool   // nothing may be taken for granted

	windows *sync.Map // by stream
}

const archiveWait = 10 * time.Second // for the stream's settings

// life is another one after each reconnect: a lone server that lost power may have lost the end of a stream.
func (a streamArchive) life() uint64 { return a.js.Conn().Stats().Reconnects }

func (a streamArchive) ids(ctx context.Context, stream, subject string, s span, visit visit) error {
	part := directget.Span{Since: s.since, From: s.from, To: s.to}
	err := directget.Read(ctx, a.js, stream, subject, part, func(m *directget.Message) bool {
		id := m.Header.Get(jetstream.MsgIDHeader)
		if stream == a.steps {
			id = schema.IDInSteps(m.Header, id)
		}
		return visit(m.Sequence, m.Stored, id)
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
	there, err := directget.Has(ctx, a.js, stream, sequence)
	if errors.Is(err, nats.ErrNoResponders) {
		return false, a.refused(ctx, stream)
	}
	if err != nil {
		return false, fmt.Errorf("consumer: look for message %d of %s: %w", sequence, stream, err)
	}
	return there, nil
}

// never is no value of the headers by which a server that does not know a message's id refuses the message, whichever of
// them it minds first. It looks at the id before these, alone and in a cluster.
const never = "~"

var errNotTold = errors.New("NATS does not say whether it knows an id")

// What the server says then.
const (
	codeWrongLastID = 10070
	codeRollup      = 10111
)

// knows publishes what can't be stored.
func (a streamArchive) knows(ctx context.Context, subject, id string) (sequence uint64, known bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, archiveWait)
	defer cancel()
	msg := &nats.Msg{Subject: subject, Header: nats.Header{
		jetstream.MsgIDHeader: {id}, jetstream.ExpectedLastMsgIDHeader: {never}, jetstream.MsgRollup: {never},
	}}
	ack, err := a.js.PublishMsg(ctx, msg)
	var api *jetstream.APIError
	switch {
	case err == nil && ack.Duplicate:
		return ack.Sequence, true, nil
	case err == nil:
		return 0, false, fmt.Errorf("consumer: ask for an id: NATS stored what it had to refuse, as message %d of %s", ack.Sequence, ack.Stream)
	case errors.As(err, &api) && (api.ErrorCode == codeWrongLastID || api.ErrorCode == codeRollup):
		return 0, false, nil
	case api != nil:
		return 0, false, fmt.Errorf("consumer: ask for an id: %w: %w", errNotTold, err)
	}
	return 0, false, fmt.Errorf("consumer: ask for an id: %w", err)
}

// window is 0 where ids can't be asked for.
func (a streamArchive) window(ctx context.Context, stream string) (time.Duration, error) {
	now := time.Now()
	if w, ok := a.windows.Load(stream); ok && now.Sub(w.(asOf).at) < windowFresh { //nolint:forcetypeassert // nothing else is stored
		return w.(asOf).window, nil //nolint:forcetypeassert // the same
	}
	ctx, cancel := context.WithTimeout(ctx, archiveWait)
	defer cancel()
	s, err := a.js.Stream(ctx, stream)
	if err != nil {
		return 0, fmt.Errorf("consumer: look up %s: %w", stream, err)
	}
	info := s.CachedInfo()
	w := asOf{now, info.Config.Duplicates}
	if nc := a.js.Conn(); !(leavesIDs(nc.ConnectedServerVersion()) && leavesIDs(info.Config.Metadata[metadataVersion])) &&
		(nc.ConnectedClusterName() != "" || info.Cluster != nil && info.Cluster.Name != "") {
		w.window = 0
	}
	a.windows.Store(stream, w)
	return w.window, nil
}

// asOf is what a stream's window was at a time.
type asOf struct {
	at     time.Time
	window time.Duration
}

const (
	windowFresh     = time.Minute
	metadataVersion = "_nats.ver" // of the server that leads a stream
)

// leavesIDs reports whether a server of a version leaves an id free when it refuses to store a message. In a cluster, those
// before 2.12 keep it for as long as the window.
func leavesIDs(version string) bool {
	var major, minor int
	if n, _ := fmt.Sscanf(version, "%d.%d", &major, &minor); n < 2 {
		return false
	}
	return major > 2 || major == 2 && minor >= 12
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
