package console

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ErrNoStream says that no worker has made a stream yet.
var ErrNoStream = errors.New("a worker makes it when it starts")

// readerIdle is how long the server keeps a reader that went away.
const readerIdle = 10 * time.Second

// firstStride is how far the newest window reaches back; the next ones as far as they are quick to read.
const firstStride = 15 * time.Second

// windows are spans of a stream's time, the newest first: most people ask for what just happened, and a stream can
// only be read forwards.
type windows struct {
	stream      jetstream.Stream
	search      search
	now         time.Time // by the server's clock
	oldest      time.Time // before which nothing is looked at
	from, until time.Time // of this window; a zero until is open
	stride      time.Duration
	begun       time.Time
}

// openWindows is before the first window, which [windows.next] goes to.
func openWindows(ctx context.Context, js jetstream.JetStream, s search) (*windows, error) {
	stream, err := js.Stream(ctx, s.stream)
	if err != nil {
		return nil, streamError(s.stream, err)
	}
	info := stream.CachedInfo()
	w := &windows{stream: stream, search: s, now: info.TimeStamp, oldest: info.State.FirstTime, stride: firstStride}
	if info.State.Msgs == 0 {
		w.oldest = w.now
	}
	w.notBefore(s.since)
	w.from = w.now
	if !s.until.IsZero() && s.until.Before(w.now) {
		w.from = s.until
	}
	return w, nil
}

// notBefore leaves out what was stored before a time.
func (w *windows) notBefore(t time.Time) {
	if t.After(w.oldest) {
		w.oldest = t
	}
}

// next goes to the next older window, if there is one. The first has no end where the search has none.
func (w *windows) next() bool {
	first := w.begun.IsZero()
	if !first {
		w.pace(time.Since(w.begun))
	}
	w.begun = time.Now()
	if !first && !w.from.After(w.oldest) {
		return false
	}
	if w.until = w.from; first && w.from.Equal(w.now) {
		w.until = time.Time{}
	}
	if w.from = w.from.Add(-w.stride); w.from.Before(w.oldest) {
		w.from = w.oldest
	}
	return true
}

// pace makes the windows as long as can be read in some tenths of a second: long ones are fewer, short ones say
// more exactly how far a search came.
func (w *windows) pace(took time.Duration) {
	switch {
	case took < 50*time.Millisecond:
		w.stride *= 8
	case took < 250*time.Millisecond:
		w.stride *= 2
	case took > time.Second:
		w.stride = max(w.stride/2, time.Second)
	}
}

// reached is how far back the windows before this one came.
func (w *windows) reached() time.Time {
	if w.until.IsZero() {
		return ceil(w.now)
	}
	return ceil(w.until)
}

// read gives each the window's messages, oldest first, until each says no.
func (w *windows) read(ctx context.Context, each func(jetstream.Msg) bool) error {
	failed := func(err error) error { return fmt.Errorf("console: read %s: %w", w.search.stream, err) }
	cons, err := w.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{w.search.subject}, InactiveThreshold: readerIdle,
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &w.from,
	})
	if err != nil {
		return failed(err)
	}
	left := cons.CachedInfo().NumPending
	if left == 0 {
		return nil
	}
	msgs, err := cons.Messages()
	if err != nil {
		return failed(err)
	}
	defer msgs.Stop()
	for ; left > 0; left-- {
		msg, err := msgs.Next(jetstream.NextContext(ctx))
		if err != nil {
			return failed(err)
		}
		if !w.until.IsZero() {
			if meta, err := msg.Metadata(); err == nil && !meta.Timestamp.Before(w.until) {
				return nil
			}
		}
		if w.search.mayHold(msg.Data()) && !each(msg) {
			return nil
		}
	}
	return nil
}
