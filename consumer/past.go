package consumer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
)

// past answers whether steps went on: whether a result of theirs, or a copy of them that was moved later,
// is stored. It reads what the streams hold, so its word does not depend on a duplicate window.
type past struct {
	archive archive
	names   schema.Names
	steps   bool // look into STEPS, too

	asking together[*question]
}

// archive reads the ids of a stream's messages on a subject, from a time on.
type archive interface {
	ids(ctx context.Context, stream, subject string, since time.Time, visit func(id string)) error
}

// question is about one held message. gone and err are its answer.
type question struct {
	key, project, webhook string
	results               string // the subjects of results it may have
	move                  int
	since                 time.Time // when the message was stored: what came of it is younger
	gone                  bool
	err                   error
}

// ask answers the question, together with what others ask meanwhile.
func (p *past) ask(ctx context.Context, q *question) error {
	p.asking.ask(q, func(all []*question) {
		ctx, cancel := context.WithTimeout(ctx, pastPatience)
		defer cancel()
		p.answer(ctx, all)
	})
	return q.err
}

const pastPatience = 20 * time.Second // for one look; far more than any needs

// answer looks where a step can be later than a message of it: forward through its places, so that one
// that moves on meanwhile is met at the next.
func (p *past) answer(ctx context.Context, all []*question) {
	inBacklog := func(q *question) string { return p.names.BacklogSubject(q.project, q.webhook) }
	inLanes := func(q *question) string { return p.names.RetrySubject(schema.AnyLane, q.project, q.webhook) }
	ended := func(q *question) string { return q.results }
	type place struct {
		stream  string
		subject func(*question) string
		read    func(id string) (stepKey string, move int)
	}
	places := []place{
		{p.names.Backlog(), inBacklog, schema.CutMoveID},
		{p.names.Retries(), inLanes, schema.CutMoveID},
		{p.names.Backlog(), inBacklog, schema.CutMoveID},
		{p.names.Results(), ended, func(id string) (string, int) { return id, math.MaxInt }},
	}
	if p.steps {
		inSteps := func(q *question) string { return p.names.StepSubject(q.project, q.webhook) }
		places = append([]place{{p.names.Steps(), inSteps, schema.CutMoveID}}, places...)
	}
	for _, place := range places {
		bySubject := map[string][]*question{}
		for _, q := range all {
			bySubject[place.subject(q)] = append(bySubject[place.subject(q)], q)
		}
		for subject, some := range bySubject {
			p.look(ctx, place.stream, subject, place.read, some)
		}
	}
}

// look reads one subject for the questions about it. read says which step an id is of, and how far that
// has come.
func (p *past) look(ctx context.Context, stream, subject string, read func(string) (string, int), some []*question) {
	byKey, since := map[string][]*question{}, some[0].since
	for _, q := range some {
		byKey[q.key] = append(byKey[q.key], q)
		if q.since.Before(since) {
			since = q.since
		}
	}
	err := p.archive.ids(ctx, stream, subject, since, func(id string) {
		key, move := read(id)
		for _, q := range byKey[key] {
			q.gone = q.gone || move > q.move
		}
	})
	for _, q := range some {
		q.err = errors.Join(q.err, err)
	}
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

func (a streamArchive) ids(ctx context.Context, stream, subject string, since time.Time, visit func(string)) error {
	nc := a.js.Conn()
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return fmt.Errorf("consumer: look into %s: %w", stream, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	from := fmt.Sprintf(`"start_time":%q`, since.UTC().Format(time.RFC3339Nano))
	for from != "" {
		request := fmt.Sprintf(`{"next_by_subj":%q,"batch":%d,"max_bytes":%d,%s}`, subject, archiveBatch, archiveBytes, from)
		if err := nc.PublishRequest(jetstream.DefaultAPIPrefix+"DIRECT.GET."+stream, inbox, []byte(request)); err != nil {
			return fmt.Errorf("consumer: look into %s: %w", stream, err)
		}
		next, err := a.page(ctx, sub, visit)
		if errors.Is(err, nats.ErrNoResponders) {
			return a.refused(ctx, stream)
		}
		if err != nil {
			return fmt.Errorf("consumer: look into %s: %w", stream, err)
		}
		from = next
	}
	return nil
}

// page reads the answers to one request and says where the next one begins, "" when there is no more.
func (a streamArchive) page(ctx context.Context, sub *nats.Subscription, visit func(string)) (next string, err error) {
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return "", err
		}
		pending, batched := msg.Header["Nats-Num-Pending"]
		last := msg.Header.Get("Nats-Sequence")
		switch status := msg.Header.Get("Status"); status {
		case "":
			visit(msg.Header.Get(jetstream.MsgIDHeader))
		case statusNone:
			return "", nil
		case statusEnd:
			if last = msg.Header.Get("Nats-Last-Sequence"); pending[0] == "0" {
				return "", nil
			}
		default:
			return "", fmt.Errorf("status %s %s", status, msg.Header.Get("Description"))
		}
		if batched && msg.Header.Get("Status") == "" {
			continue
		}
		sequence, err := strconv.ParseUint(last, 10, 64)
		if err != nil {
			return "", fmt.Errorf("sequence %q: %w", last, err)
		}
		return `"seq":` + strconv.FormatUint(sequence+1, 10), nil
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
