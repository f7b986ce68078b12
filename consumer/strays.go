package consumer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// strays are messages that are stored and that their consumer will never deliver (again): it counts everything up
// to a later one as acked. A server that was killed keeps some that were acked; one that takes over from another
// may have passed over some that were not. Every worker looks for them now and then. What has gone on is removed;
// what has not is stored once more, behind the others.
//
// Servers of a cluster lag behind each other, so a message is one only when it was seen as one before, and nothing
// came of it in between.
type strays struct {
	consumer *Consumer
	past     *past
	seen     map[place]time.Time // since when; later than now: not before
}

const (
	strayMost     = 20_000           // messages of one consumer looked at in one go, if there is time
	strayBacklogs = 20               // webhooks' backlogs looked at in one go
	strayRest     = 10 * time.Minute // until the next try, where nobody could tell what became of one
	strayMemory   = time.Hour
	strayPatience = time.Minute // for one consumer
	// Results of older ones may be gone, so nobody can tell.
	strayOldest = 6 * 24 * time.Hour
)

// run looks for strays until ctx ends, about every two AckWaits.
func (s *strays) run(ctx context.Context, sources []*source) {
	c := s.consumer
	s.seen = map[place]time.Time{}
	for {
		if pause(ctx, c.AckWait+rand.N(2*c.AckWait)); !c.whenBack(ctx) {
			return
		}
		for _, source := range sources {
			s.sweep(ctx, source.stream, source.durable, source.lane)
		}
		for _, name := range c.backlog.some(strayBacklogs) {
			s.sweep(ctx, c.Names.Backlog(), drainName(name.Project, name.ID), nil)
		}
		for at, since := range s.seen {
			if time.Since(since) > strayMemory {
				delete(s.seen, at)
			}
		}
	}
}

// sweep looks for the strays of one consumer.
func (s *strays) sweep(ctx context.Context, stream, durable string, lane *schema.Lane) {
	looking, cancel := context.WithTimeout(ctx, strayPatience)
	defer cancel()
	if err := s.look(looking, stream, durable, lane); err != nil && ctx.Err() == nil {
		if times := s.consumer.troubles.again("strays of " + stream); times > 0 {
			s.consumer.Log.Warn().Err(err).Str("stream", stream).Str("consumer", durable).Int("times", times).Msg("can't look for strayed messages; it is tried again")
		}
	}
}

func (s *strays) look(ctx context.Context, stream, durable string, lane *schema.Lane) (failed error) {
	c := s.consumer
	cons, err := c.JS.Consumer(ctx, stream, durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	queue, err := c.JS.Stream(ctx, stream)
	if err != nil {
		return err
	}
	info := cons.CachedInfo()
	subject, next := info.Config.FilterSubject, queue.CachedInfo().State.FirstSeq
	if subject == "" {
		subject = ">"
	}
	for range strayMost {
		msg, err := queue.GetMsg(ctx, next, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) || ctx.Err() != nil { // the rest is for the next time
			return failed
		}
		if err != nil {
			return errors.Join(failed, err)
		}
		if msg.Sequence > info.AckFloor.Stream {
			return failed
		}
		at := place{stream, msg.Sequence}
		if s.sure(at) && time.Since(msg.Time) < strayOldest {
			err := errFault
			c.guard(msg.Subject, func() { err = s.end(ctx, queue, msg, lane) })
			if err != nil {
				s.seen[at] = time.Now().Add(strayRest)
				failed = errors.Join(failed, err)
			}
		}
		next = msg.Sequence + 1
	}
	return failed
}

// sure reports whether the message at a place was a stray two AckWaits ago already, and is nobody's here.
func (s *strays) sure(at place) bool {
	if s.consumer.beats.holds(at) {
		return false
	}
	since, known := s.seen[at]
	if !known {
		s.seen[at] = time.Now()
	}
	return known && time.Since(since) >= 2*s.consumer.AckWait
}

// end ends one stray. The copy has the id of a next move, so that two workers that find it store one.
func (s *strays) end(ctx context.Context, queue jetstream.Stream, msg *jetstream.RawStreamMsg, lane *schema.Lane) error {
	c := s.consumer
	step, _ := c.decode(msg.Subject, msg.Header, msg.Data)
	if step.ID == "" || step.ProjectID == "" {
		return errors.New("consumer: whose a strayed message is can't be read")
	}
	progress, since := schema.ReadProgress(msg.Header), msg.Time
	progress.Date(&step, msg.Time)
	if lane != nil {
		since = ready(*lane, msg.Time, progress.Due) // nothing came of it earlier
		progress.Due = since
	}
	q := c.question(&step, progress.Move, msg.Time, since)
	if err := s.past.ask(ctx, q); err != nil {
		return err
	}
	was := strayAcked
	if !q.gone {
		was = strayPassedOver
		progress.Move++
		progress.Hold = schema.Hold{} // it was nobody's
		copied := moved(msg.Header, msg.Data, msg.Subject, step.Key(), progress)
		if queue.CachedInfo().Config.Name == c.Names.Steps() {
			copied.Header.Set(jetstream.MsgIDHeader, progress.CopyID(step.Key()))
		}
		if _, err := c.JS.PublishMsg(ctx, copied); err != nil {
			return fmt.Errorf("consumer: store a strayed step: %w", err)
		}
		c.Log.Warn().Str("project", step.ProjectID).Str("webhook", step.WebhookID).Str("step", step.ID).Msg("NATS had passed over this step; it is stored once more")
	}
	if err := remove(ctx, queue, msg.Sequence); err != nil {
		return fmt.Errorf("consumer: remove a strayed message: %w", err)
	}
	c.Metrics.strays.WithLabelValues(was).Inc()
	return nil
}

// remove removes a message, unless another worker was faster.
func remove(ctx context.Context, queue jetstream.Stream, sequence uint64) error {
	err := queue.DeleteMsg(ctx, sequence)
	if err == nil {
		return nil
	}
	if _, there := queue.GetMsg(ctx, sequence); errors.Is(there, jetstream.ErrMsgNotFound) {
		return nil
	}
	return err
}

var errFault = errors.New("consumer: a strayed message can't be handled")

// What strays were.
const (
	strayAcked      = "acked"
	strayPassedOver = "passed_over"
)
