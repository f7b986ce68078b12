package consumer

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// source is one durable consumer this worker pulls from: STEPS, or one lane of RETRIES. It never asks
// for more messages than it may hold, so that each one is watched by the heartbeat from its arrival.
type source struct {
	consumer *Consumer
	stream   string
	durable  string
	lane     *schema.Lane
	memory   memory        // where the server is another one than this worker's
	recall   func()        // is remember for one message, which may be asked for with many others
	known    *memory       // of the server that delivered the present batch
	holds    chan struct{} // one token per message held
	acks     acks
	left     int64     // of the bytes that were reserved for the pull under way
	oversize bool      // the next message is larger than what was asked for
	largest  int64     // bytes, of a message that came lately
	failing  time.Time // since when no pull succeeds, or since it was revived; zero when the last one did
	bound
}

const (
	pullBatch       = 256
	replicatedBatch = 64              // at most the bytes of so many large steps come at once, before the first of them is seen
	pullWait        = 2 * time.Second // also how long a shutdown waits for requests under way
)

// pull asks for messages until ctx ends. A consumer that was deleted or a server that is away is
// no reason to stop: it tries again.
func (s *source) pull(ctx context.Context) {
	for s.consumer.whenBack(ctx) {
		if wait := s.others(); wait > 0 {
			pause(ctx, min(wait, time.Second))
			continue
		}
		n := s.reserve(ctx)
		if n == 0 {
			return
		}
		taken, err := s.batch(ctx, n)
		for range n - taken {
			<-s.holds
		}
		switch {
		case err == nil:
			s.failing = time.Time{}
		case ctx.Err() == nil:
			s.mend(ctx, err)
		}
	}
}

// reserve waits for room for one message and takes what more there is, up to a batch.
func (s *source) reserve(ctx context.Context) int {
	most := pullBatch
	if s.lane != nil {
		for most = s.room(); most <= 0 && ctx.Err() == nil; most = s.room() {
			pause(ctx, headroomTick/5)
		}
	}
	select {
	case s.holds <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	n := 1
	for n < most {
		select {
		case s.holds <- struct{}{}:
			n++
		default:
			return n
		}
	}
	return n
}

// room is how many more of a lane's messages this worker may take up.
func (s *source) room() int {
	return min(s.consumer.headroom.bound()-len(s.holds), pullBatch)
}

// batch makes one pull request and starts what it brings. It reads the request to its end even when
// ctx ends meanwhile, so that no message is left waiting for AckWait.
func (s *source) batch(ctx context.Context, n int) (taken int, err error) {
	least, most := s.ask()
	asked := s.consumer.footprint.reserve(ctx, least, most)
	if asked == 0 {
		return 0, nil
	}
	s.left = asked
	defer func() { s.consumer.footprint.give(s.left) }()
	began := time.Now()
	pulls := s.pulls()
	options := []jetstream.FetchOpt{jetstream.FetchMaxWait(pullWait)}
	if replicated(pulls) {
		n = min(n, replicatedBatch, max(int(asked/max(s.largest, 1)), 1))
	} else {
		options = append(options, jetstream.FetchMaxBytes(int(asked)))
	}
	batch, err := pulls.Fetch(n, options...)
	if err != nil {
		return 0, err
	}
	s.largest -= s.largest / 8
	for msg := range batch.Messages() {
		if taken++; taken == 1 {
			s.remember()
		}
		s.start(ctx, msg)
	}
	err = batch.Error()
	if errors.Is(err, jetstream.ErrBatchCompleted) {
		err = nil // the client's name for a pull that brought fewer bytes than it asked for
	}
	s.oversize = !replicated(pulls) && taken == 0 && err == nil && time.Since(began) < pullWait/2
	return taken, err
}

// replicated reports whether several servers share the consumer. They deliver when most of them know of it, and say before that
// a pull with a bound of bytes is complete: the client would not read the last messages. So such a pull has no bound but a
// number of messages, by the size of those that came lately.
func replicated(pulls jetstream.Consumer) bool {
	in := pulls.CachedInfo().Cluster
	return in != nil && len(in.Replicas) > 0
}

// remember is called for a batch's first message: one life of the server delivers all of it.
func (s *source) remember() {
	s.known = s.consumer.remember(s.pulls(), &s.memory)
	if s.lane == nil {
		s.consumer.rememberIDs()
	}
}

// start hands a message to a goroutine of its own, or back when it is too early or too late for it.
func (s *source) start(ctx context.Context, msg jetstream.Msg) {
	c := s.consumer
	h := &held{consumer: c, msg: msg, source: s, memory: s.known, recall: s.recall, fresh: s.lane == nil, lane: s.lane, progress: schema.ReadProgress(msg.Headers())}
	if s.lane == nil { // nobody moves steps to where producers publish; strays are stored there again, with neither
		h.progress.Hold, h.progress.Doubted = schema.Hold{}, time.Time{}
	}
	if ctx.Err() != nil {
		h.giveBack(0)
		return
	}
	if early := s.early(h); early > 0 {
		_ = msg.NakWithDelay(early)
		<-s.holds
		return
	}
	if !c.beats.add(h) {
		<-s.holds
		return
	}
	h.size = heldSize(msg.Headers(), msg.Data())
	s.left -= h.size
	s.largest = max(s.largest, h.size)
	c.crew.run(func() {
		c.work(h, func() {
			if s.lane == nil || !s.forward(h) {
				c.handle(h)
			}
		})
	})
}
