package consumer

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// modelMsg is a stored message, and its delivery.
type modelMsg struct {
	jetstream.Msg
	m          *model
	stream     string
	seq        uint64
	subject    string
	header     nats.Header
	data       []byte
	stored     time.Time
	gone       bool
	deliveries uint64
	free       time.Time // when it may be delivered
	heard      time.Time // of who holds it, for a server that begins anew
}

var errModel = errors.New("model: no answer")

// write makes a change on the server, or not.
func (m *model) write(what string, effect func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Now().Before(m.upFrom) {
		return errModel
	}
	f := m.fault(writeFaults)
	m.tell("%s, fault %d", what, f)
	if f == lostBefore {
		return errModel
	}
	if f == dieBefore {
		m.hits++
		runtime.Goexit()
	}
	effect()
	m.signal()
	if f == awayAfter || f == awayDieAfter {
		m.hits++
		m.upFrom = time.Now().Add(modelAway)
	}
	if f == dieAfter || f == awayDieAfter {
		m.hits++
		runtime.Goexit()
	}
	if f != fine {
		return errModel
	}
	return nil
}

func (m *model) signal() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

func (m *model) Conn() *nats.Conn { return nil }

// PublishMsg stores a message unless its id was stored within the window. Ids of what left a work queue
// are forgotten when the server comes back, as the real one does.
func (m *model) PublishMsg(_ context.Context, msg *nats.Msg, _ ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	kind := strings.Split(msg.Subject, ".")[1]
	id := msg.Header.Get(jetstream.MsgIDHeader)
	err := m.write("publish "+msg.Subject+" "+id, func() {
		for _, old := range m.msgs {
			known := old.stored.After(time.Now().Add(-modelWindow)) && (old.stored.After(m.upFrom) || !old.gone)
			if !m.noIDs && old.stream == kind && old.header.Get(jetstream.MsgIDHeader) == id && known {
				m.tell("… dropped")
				return
			}
		}
		m.store(kind, msg.Subject, msg.Header, msg.Data)
	})
	return &jetstream.PubAck{}, err
}

func (m *model) store(kind, subject string, header nats.Header, data []byte) {
	now := time.Now()
	one := &modelMsg{m: m, stream: kind, seq: uint64(len(m.msgs) + 1), subject: subject, header: header, data: data, stored: now, free: now}
	switch kind {
	case "retries":
		one.free = now.Add(schema.LaneFor(3 * time.Minute).Wait)
	case "backlog":
		one.free = later(now, m.began.Add(m.paused))
	}
	m.msgs = append(m.msgs, one)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (m *model) life() uint64 { return 0 }

// ids is the archive.
func (m *model) ids(_ context.Context, stream, subject string, s span, visit visit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Now().Before(m.upFrom) {
		return errModel
	}
	for _, msg := range m.msgs {
		inWork := msg.stream == "retries" || msg.stream == "backlog"
		wanted := msg.seq >= s.from && (s.from > 0 || !msg.stored.Before(s.since)) && (s.to == 0 || msg.seq < s.to)
		if strings.HasSuffix(strings.ToLower(stream), msg.stream) && !(inWork && msg.gone) && wanted && !m.blind {
			visit(msg.seq, msg.stored, msg.header.Get(jetstream.MsgIDHeader))
		}
	}
	return nil
}

// listen takes words about held messages.
func (m *model) listen(_ context.Context, all []*held, _ []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mute {
		return nil
	}
	if time.Now().Before(m.upFrom) {
		return errModel
	}
	for _, h := range all {
		d := h.msg.(*modelMsg)
		d.heard, d.free = time.Now(), time.Now().Add(modelWait)
	}
	return nil
}

func (d *modelMsg) Data() []byte         { return d.data }
func (d *modelMsg) Headers() nats.Header { return d.header }
func (d *modelMsg) Subject() string      { return d.subject }
func (d *modelMsg) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{
		Sequence: jetstream.SequencePair{Stream: d.seq}, NumDelivered: d.deliveries, Timestamp: d.stored, Stream: d.stream,
	}, nil
}

func (d *modelMsg) DoubleAck(context.Context) error {
	return d.m.write("ack "+d.stream, func() { d.gone = true })
}

func (d *modelMsg) NakWithDelay(delay time.Duration) error {
	d.m.mu.Lock()
	defer d.m.mu.Unlock()
	d.free = time.Now().Add(delay)
	d.m.signal()
	return nil
}
