package consumer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// orphans are messages that are stored where no consumer will ever look: in a lane that does not exist, or in the backlog
// of no webhook. Streams that were provisioned take none; other ones, or earlier ones, may have some. Each is kept in
// DEAD, and its step ends like any other that can't be used (C29).
type orphans struct {
	consumer *Consumer
}

const (
	orphansFirst = time.Second // after the start
	orphansMost  = 10_000      // of one subject ended in one go
)

// run looks for orphans until ctx ends.
func (o orphans) run(ctx context.Context) {
	c := o.consumer
	for wait := orphansFirst; ; wait = c.AckWait / 2 {
		if pause(ctx, wait); !c.whenBack(ctx) {
			return
		}
		for _, look := range []func(context.Context) error{o.ofLanes, o.ofBacklog} {
			if err := look(ctx); err != nil && ctx.Err() == nil {
				if times := c.troubles.again("orphans"); times > 0 {
					c.Log.Warn().Err(err).Int("times", times).Msg("can't look for messages that no consumer delivers; it is tried again")
				}
			}
		}
	}
}

// ofLanes asks which subjects RETRIES has only when it has more messages than its lanes know of.
func (o orphans) ofLanes(ctx context.Context) error {
	c := o.consumer
	queue, err := c.JS.Stream(ctx, c.Names.Retries())
	if err != nil {
		return err
	}
	known := uint64(0)
	for _, lane := range schema.Lanes {
		cons, err := queue.Consumer(ctx, schema.LaneConsumer(lane))
		if err != nil {
			return err
		}
		info := cons.CachedInfo()
		known += info.NumPending + uint64(info.NumAckPending)
	}
	if queue.CachedInfo().State.Msgs <= known {
		return nil
	}
	return o.end(ctx, queue, c.Names.All("retries"), func(subject string) (string, error) {
		parts := strings.Split(subject, ".")
		if len(parts) < 4 {
			return "the subject it came on does not end in a project and a webhook", nil
		}
		_, err := queue.Consumer(ctx, schema.LaneConsumer(schema.Lane{Name: parts[2]}))
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			return fmt.Sprintf("there is no lane %s", clip(parts[2], 64)), nil
		}
		return "", err // a newer release may have more lanes
	})
}

func (o orphans) ofBacklog(ctx context.Context) error {
	c := o.consumer
	if !c.backlog.strange.Swap(false) {
		return nil
	}
	queue, err := c.JS.Stream(ctx, c.Names.Backlog())
	if err != nil {
		return err
	}
	return o.end(ctx, queue, c.Names.All("backlog"), func(subject string) (string, error) {
		if _, _, ok := c.Names.StepAddress(subject); ok {
			return "", nil
		}
		return "the subject it came on does not end in a project and a webhook", nil
	})
}

// end ends the messages of all subjects with a fault.
func (o orphans) end(ctx context.Context, queue jetstream.Stream, all string, fault func(subject string) (string, error)) error {
	info, err := queue.Info(ctx, jetstream.WithSubjectFilter(all))
	if err != nil {
		return err
	}
	for subject := range info.State.Subjects {
		why, err := fault(subject)
		if err != nil {
			return err
		}
		if why == "" {
			continue
		}
		if err := o.endAll(ctx, queue, subject, why); err != nil {
			return err
		}
	}
	return nil
}

func (o orphans) endAll(ctx context.Context, queue jetstream.Stream, subject, why string) error {
	c := o.consumer
	next := uint64(1)
	for range orphansMost {
		msg, err := queue.GetMsg(ctx, next, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return err
		}
		next = msg.Sequence + 1
		c.guard(msg.Subject, func() { o.bury(queue, msg, why) })
	}
	return nil
}

// bury treats the message as if it had been delivered.
func (o orphans) bury(queue jetstream.Stream, msg *jetstream.RawStreamMsg, why string) {
	c := o.consumer
	h := &held{
		consumer: c, msg: storedMsg{stored: msg, queue: queue}, progress: schema.ReadProgress(msg.Header),
		stored: msg.Time, at: place{queue.CachedInfo().Config.Name, msg.Sequence},
	}
	h.progress.Hold, h.progress.Doubted = schema.Hold{}, msg.Time // its step may have gone on without it
	step, _ := schema.DecodeStep(msg.Data)
	project, webhook, addressed := c.Names.StepAddress(msg.Subject)
	if addressed || step.ProjectID == "" {
		step.ProjectID = project
	}
	if addressed || step.WebhookID == "" {
		step.WebhookID = webhook
	}
	h.progress.Date(&step, h.stored)
	c.bury(h, step, &unusable{reason: deadInvalidStep, fault: errors.New(why)})
}

// storedMsg is a message that no consumer delivered. Whoever acks it removes it.
type storedMsg struct {
	jetstream.Msg
	stored *jetstream.RawStreamMsg
	queue  jetstream.Stream
}

func (m storedMsg) Data() []byte         { return m.stored.Data }
func (m storedMsg) Headers() nats.Header { return m.stored.Header }
func (m storedMsg) Subject() string      { return m.stored.Subject }
func (m storedMsg) DoubleAck(ctx context.Context) error {
	return remove(ctx, m.queue, m.stored.Sequence)
}
func (m storedMsg) NakWithDelay(time.Duration) error { return nil }

func (m storedMsg) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{
		Sequence: jetstream.SequencePair{Stream: m.stored.Sequence}, Timestamp: m.stored.Time, NumDelivered: 1,
		Stream: m.queue.CachedInfo().Config.Name,
	}, nil
}
