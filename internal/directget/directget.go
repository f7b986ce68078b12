// Package directget reads what a stream holds with direct gets, which a work queue allows beside its consumers: a
// reader takes no part in the work. It reads many messages with each request where the server knows how (2.11 and
// later), and one where it does not.
//
// Each message is given once, in order. Where the stream has replicas, one that lags may answer.
package directget

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Message is a stored message. Header also holds what the server adds to an answer.
type Message struct {
	Sequence uint64
	Stored   time.Time
	Subject  string
	Header   nats.Header
	Data     []byte
}

// Span is a part of a stream: from a sequence, or if that is 0 from a time, up to a sequence that is not part of
// it, or if that is 0 to the end. The last page may reach beyond.
type Span struct {
	Since    time.Time // servers before 2.11 don't know it
	From, To uint64
}

const (
	pageMessages = 512
	pageBytes    = 1 << 20
	pageWait     = 10 * time.Second
)

// Read gives each the messages of a span on a subject, which may have wildcards, until each says no. It is
// [nats.ErrNoResponders] for a stream that does not allow direct gets, or that is not there.
func Read(ctx context.Context, js jetstream.JetStream, stream, subject string, s Span, each func(*Message) bool) error {
	p := pages{js: js, stream: stream, subject: subject, span: s, each: each}
	for {
		more, err := p.read(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// pages reads a span by one request after another.
type pages struct {
	js              jetstream.JetStream
	stream, subject string
	span            Span // of what was not read yet
	each            func(*Message) bool
}

// Statuses that end a page.
const (
	statusNone = "404"
	statusEnd  = "204"
)

// read reads one page.
func (p *pages) read(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, pageWait)
	defer cancel()
	conn := p.js.Conn()
	inbox := conn.NewInbox()
	sub, err := conn.SubscribeSync(inbox)
	if err != nil {
		return false, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	from := fmt.Sprintf(`"start_time":%q`, p.span.Since.UTC().Format(time.RFC3339Nano))
	if p.span.From > 0 {
		from = fmt.Sprintf(`"seq":%d`, p.span.From)
	}
	request := fmt.Sprintf(`{"next_by_subj":%q,"batch":%d,"max_bytes":%d,%s}`, p.subject, pageMessages, pageBytes, from)
	if err := conn.PublishRequest(subject(p.js, p.stream), inbox, []byte(request)); err != nil {
		return false, err
	}
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return false, err
		}
		if more, ended, err := p.take(msg); ended || err != nil {
			return more && (p.span.To == 0 || p.span.From < p.span.To), err
		}
	}
}

// take reads one answer. It reports whether the page has ended, and then whether there is more.
func (p *pages) take(msg *nats.Msg) (more, ended bool, err error) {
	pending, batched := msg.Header["Nats-Num-Pending"]
	last := "Nats-Sequence"
	status := msg.Header.Get("Status")
	switch status {
	case "":
	case statusNone:
		return false, true, nil
	case statusEnd:
		if last = "Nats-Last-Sequence"; lastOf(pending) == "0" {
			return false, true, nil
		}
	default:
		return false, true, fmt.Errorf("status %s %s", status, msg.Header.Get("Description"))
	}
	sequence, err := strconv.ParseUint(lastOf(msg.Header[last]), 10, 64)
	if err != nil {
		return false, true, fmt.Errorf("sequence: %w", err)
	}
	p.span.From = sequence + 1
	if status != "" {
		return true, true, nil
	}
	stored, err := time.Parse(time.RFC3339Nano, lastOf(msg.Header["Nats-Time-Stamp"]))
	if err != nil {
		return false, true, fmt.Errorf("time of storage: %w", err)
	}
	if !p.each(&Message{Sequence: sequence, Stored: stored, Subject: lastOf(msg.Header["Nats-Subject"]), Header: msg.Header, Data: msg.Data}) {
		return false, true, nil
	}
	return true, !batched, nil
}

// lastOf is the server's own of several values: it puts its headers behind those that a message brought.
func lastOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}
