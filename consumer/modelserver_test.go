package consumer

import (
	"context"
	"errors"
	"maps"
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
	ended      time.Time // when it was acked
	due        time.Time // of a retry
	deliveries uint64
	free       time.Time // when it may be delivered
	heard      time.Time // of who holds it, for a server that begins anew
}

var errModel = errors.New("model: no answer")

// modelConn is one worker's connection.
type modelConn struct {
	*model
	cut bool
}

// reach takes hold of the server, if the worker can.
func (m *modelConn) reach() error {
	m.mu.Lock()
	if m.cut || time.Now().Before(m.upFrom) {
		m.mu.Unlock()
		return errModel
	}
	return nil
}

// write makes a change on the server, or not.
func (m *modelConn) write(what string, effect func()) error {
	if err := m.reach(); err != nil {
		return err
	}
	defer m.mu.Unlock()
	f := m.fault(writeFaults)
	m.tell("%s, fault %d", what, f)
	if f == lostBefore {
		return errModel
	}
	if late := lateness[f]; late > 0 {
		m.cut = true
		m.underWay++
		time.AfterFunc(late, func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.tell("… %s arrives", what)
			m.underWay--
			m.cut = false
			effect()
			m.signal()
		})
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
	if f == anew || f == anewRepeat {
		m.hits++
		m.begin()
	}
	if f == anewRepeat {
		m.repeat()
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

func (m *modelConn) Conn() *nats.Conn { return nil }

// PublishMsg stores a message unless its id was stored within the window. Ids of what left a work queue
// are forgotten when the server comes back, as the real one does.
func (m *modelConn) PublishMsg(_ context.Context, msg *nats.Msg, _ ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	kind := strings.Split(msg.Subject, ".")[1]
	id, header := msg.Header.Get(jetstream.MsgIDHeader), maps.Clone(msg.Header)
	err := m.write("publish "+msg.Subject+" "+id, func() {
		if m.old(kind, id) != nil {
			m.tell("… dropped")
			return
		}
		m.store(kind, msg.Subject, header, msg.Data)
	})
	return &jetstream.PubAck{}, err
}

func (m *model) store(kind, subject string, header nats.Header, data []byte) {
	now := time.Now()
	if m.unaware {
		delete(header, schema.HeaderHold)
	}
	one := &modelMsg{m: m, stream: kind, seq: uint64(len(m.msgs) + 1), subject: subject, header: header, data: data, stored: now, free: now}
	switch kind {
	case "retries":
		one.free = now.Add(m.lane.Wait)
		one.due = one.free
	case "backlog":
		one.free = later(now, m.began.Add(m.paused))
		one.due = one.free
	}
	m.msgs = append(m.msgs, one)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (m *modelConn) life() uint64 { return 0 }

var errSilent = errors.New("no answer")

// ids is the archive.
func (m *modelConn) ids(_ context.Context, stream, subject string, s span, visit visit) error {
	if err := m.reach(); err != nil {
		return err
	}
	defer m.mu.Unlock()
	if m.silent() {
		return errSilent
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

// knows is what a stream says of an id, as PublishMsg does.
func (m *modelConn) knows(_ context.Context, subject, id string) (sequence uint64, known bool, err error) {
	if err := m.reach(); err != nil {
		return 0, false, err
	}
	defer m.mu.Unlock()
	if m.silent() {
		return 0, false, errSilent
	}
	if old := m.old(strings.Split(subject, ".")[1], id); old != nil && !m.blind {
		return old.seq, true, nil
	}
	return 0, false, nil
}

// old is the message whose id is known. The caller holds mu.
func (m *modelConn) old(kind, id string) *modelMsg {
	for _, old := range m.msgs {
		known := old.stored.After(time.Now().Add(-modelWindow)) && (old.stored.After(m.upFrom) && old.stored.After(m.restarted) || !old.gone)
		if !m.noIDs && old.stream == kind && old.header.Get(jetstream.MsgIDHeader) == id && known {
			return old
		}
	}
	return nil
}

func (m *modelConn) window(context.Context, string) (time.Duration, error) { return modelWindow, nil }

func (m *modelConn) has(_ context.Context, stream string, sequence uint64) (bool, error) {
	if err := m.reach(); err != nil {
		return false, err
	}
	defer m.mu.Unlock()
	for _, msg := range m.msgs {
		if msg.stream == stream && msg.seq == sequence {
			return !msg.gone, nil
		}
	}
	return false, nil
}

// listen takes words about held messages.
func (m *modelConn) listen(_ context.Context, all []*held, _ []byte) error {
	if m.mute {
		return nil
	}
	if err := m.reach(); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, h := range all {
		d := h.msg.(*delivery)
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

// delivery is a message in one worker's hands.
type delivery struct {
	*modelMsg
	conn *modelConn
}

func (d *delivery) DoubleAck(context.Context) error {
	return d.conn.write("ack "+d.stream, func() { d.gone, d.ended = true, time.Now() })
}

func (d *modelMsg) NakWithDelay(delay time.Duration) error {
	d.m.mu.Lock()
	defer d.m.mu.Unlock()
	d.free = time.Now().Add(delay)
	d.m.signal()
	return nil
}
