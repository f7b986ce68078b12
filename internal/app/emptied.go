package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// seenStream is what one look found.
type seenStream struct {
	info *jetstream.StreamInfo
	had  map[string]delivered // of all streams, a moment before
}

// delivered is how far the shared consumers of a stream have come.
type delivered struct {
	lives string // of the servers that count: those of another life may have forgotten some
	count uint64 // deliveries, so far
	waits uint64 // messages that were not delivered yet
}

// emptiedSince reports whether all messages of an earlier look are gone.
func (s *seenStream) emptiedSince(before *seenStream) bool {
	return before.info.State.Msgs > 0 && s.info.State.FirstSeq > before.info.State.LastSeq
}

// unexplained reports whether messages went that nobody had: from a work queue, where fewer were delivered since the earlier
// look than waited for that; from another, before their age was over. Where that can't be told they did not.
func (s *seenStream) unexplained(before *seenStream, has delivered) bool {
	cfg, had := s.info.Config, before.had[s.info.Config.Name]
	switch {
	case leader(s.info.Cluster) != leader(before.info.Cluster):
		return false // the new one may have read what the other had not
	case cfg.Retention != jetstream.WorkQueuePolicy:
		return s.info.State.Msgs == 0 && (cfg.MaxAge == 0 || s.info.TimeStamp.Sub(before.info.State.LastTime) < cfg.MaxAge/2)
	}
	return had.lives == has.lives && had.waits > has.count-had.count
}

// deliveries looks at the shared consumers of all streams that have theirs. That of a backlog has others, which come and go.
func (w *streamWatch) deliveries(ctx context.Context) (map[string]delivered, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	nc := w.js.Conn()
	all := map[string]delivered{}
	for stream, consumers := range Consumers(Stores{Prefix: w.names.Prefix}) {
		d := delivered{lives: fmt.Sprint(nc.ConnectedServerId(), nc.Stats().Reconnects)}
		missing := false
		for _, want := range consumers {
			cons, err := w.js.Consumer(ctx, stream, want.Durable)
			if missing = errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound); missing {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("look at consumer %s of %s: %w", want.Durable, stream, err)
			}
			d.add(cons.CachedInfo())
		}
		if !missing {
			all[stream] = d
		}
	}
	return all, nil
}

func (d *delivered) add(info *jetstream.ConsumerInfo) {
	d.lives += fmt.Sprint(" ", info.Created.UnixNano(), leader(info.Cluster))
	d.count += info.Delivered.Consumer
	d.waits += info.NumPending
}

// leader is who leads, and since when.
func leader(c *jetstream.ClusterInfo) string {
	if c == nil {
		return ""
	}
	since := ""
	if c.LeaderSince != nil {
		since = c.LeaderSince.String()
	}
	return c.Leader + since
}
