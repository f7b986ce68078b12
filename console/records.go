package console

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ErrNoStream says that no worker has made a stream yet.
var ErrNoStream = errors.New("a worker makes it when it starts")

// readerIdle is how long the server keeps a reader that went away.
const readerIdle = 10 * time.Second

// search asks for records of one stream.
type search struct {
	stream, subject string
	since, until    time.Time // zero is open
	limit           int       // 0 = 50
	containing      string    // text that every wanted record holds
}

// windows are how far back a search looks before it looks further: most people ask for what just
// happened, and a stream can only be read forwards.
var windows = []time.Duration{time.Minute, 15 * time.Minute, 2 * time.Hour, 24 * time.Hour}

// newest are the last records that keep wants, newest first. more says that there may be older ones.
func newest[T any](ctx context.Context, js jetstream.JetStream, s search, keep func(*T) bool) (found []T, more bool, err error) {
	limit := min(cmp.Or(max(s.limit, 0), 50), MaxPage)
	found = []T{}
	end := s.until
	for _, back := range append(slices.Clone(windows), 0) {
		from := time.Now().Add(-back)
		last := back == 0 || !from.After(s.since)
		if last {
			from = s.since
		}
		if !end.IsZero() && !from.Before(end) {
			continue
		}
		part := make([]T, 0, limit)
		err := read(ctx, js, s, from, end, func(data []byte) bool {
			var v T
			if json.Unmarshal(data, &v) == nil && keep(&v) {
				if part = append(part, v); len(part) > 2*limit {
					part = append(part[:0], part[len(part)-limit-1:]...)
				}
			}
			return true
		})
		if err != nil {
			return nil, false, err
		}
		slices.Reverse(part)
		if found = append(found, part...); len(found) > limit {
			return found[:limit], true, nil
		}
		if last {
			return found, false, nil
		}
		end = from
	}
	return found, false, nil
}

// read gives each what is in a stream's subject now, from one time until another, oldest first, until
// each says no.
func read(ctx context.Context, js jetstream.JetStream, s search, from, until time.Time, each func([]byte) bool) error {
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: []string{s.subject}, InactiveThreshold: readerIdle}
	if !from.IsZero() {
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &from
	}
	cons, err := js.OrderedConsumer(ctx, s.stream, cfg)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("there is no stream %s yet; %w", s.stream, ErrNoStream)
	}
	if err != nil {
		return fmt.Errorf("console: read %s: %w", s.stream, err)
	}
	left := cons.CachedInfo().NumPending
	if left == 0 {
		return nil
	}
	msgs, err := cons.Messages()
	if err != nil {
		return fmt.Errorf("console: read %s: %w", s.stream, err)
	}
	defer msgs.Stop()
	for ; left > 0; left-- {
		msg, err := msgs.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("console: read %s: %w", s.stream, err)
		}
		if !until.IsZero() {
			if meta, err := msg.Metadata(); err == nil && !meta.Timestamp.Before(until) {
				return nil
			}
		}
		if bytes.Contains(msg.Data(), []byte(s.containing)) && !each(msg.Data()) {
			return nil
		}
	}
	return nil
}
