package consumer

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// pages reads a span of a subject by one request after another.
type pages struct {
	archive         streamArchive
	stream, subject string
	span            span // of what was not read yet
	visit           visit
}

// Statuses that end a page.
const (
	statusNone = "404"
	statusEnd  = "204"
)

// read reads one page.
func (p *pages) read(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, archiveWait)
	defer cancel()
	nc := p.archive.js.Conn()
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return false, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	from := fmt.Sprintf(`"start_time":%q`, p.span.since.UTC().Format(time.RFC3339Nano))
	if p.span.from > 0 {
		from = fmt.Sprintf(`"seq":%d`, p.span.from)
	}
	request := fmt.Sprintf(`{"next_by_subj":%q,"batch":%d,"max_bytes":%d,%s}`, p.subject, archiveBatch, archiveBytes, from)
	if err := nc.PublishRequest(jetstream.DefaultAPIPrefix+"DIRECT.GET."+p.stream, inbox, []byte(request)); err != nil {
		return false, err
	}
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return false, err
		}
		if more, ended, err := p.take(msg); ended || err != nil {
			return more && (p.span.to == 0 || p.span.from < p.span.to), err
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
	p.span.from = sequence + 1
	if status != "" {
		return true, true, nil
	}
	stored, err := time.Parse(time.RFC3339Nano, lastOf(msg.Header["Nats-Time-Stamp"]))
	if err != nil {
		return false, true, fmt.Errorf("time of storage: %w", err)
	}
	p.visit(sequence, stored, msg.Header.Get(jetstream.MsgIDHeader))
	return true, !batched, nil
}

// lastOf is the server's own of several values: it puts its headers behind those that a message brought.
func lastOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}
