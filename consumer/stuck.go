package consumer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// stuck tells which streams NATS stores nothing in. A server whose disk was full neither stores nor answers until it is
// started anew; one that is full by its limits answers that it is.
type stuck struct {
	mu      sync.Mutex
	streams map[string]*stuckStream
	desc    *prometheus.Desc
}

// stuckStream is what became of the publishes to one stream.
type stuckStream struct {
	trouble
	stored time.Time // the last time
	err    error     // why the last one that failed did
}

// stuckAfter is how long nothing must have been stored: a leader's election takes less.
const stuckAfter = 15 * time.Second

func newStuck() *stuck {
	return &stuck{streams: map[string]*stuckStream{}, desc: prometheus.NewDesc("journeyhook_stream_stuck",
		"1 for a stream that NATS has stored nothing in for 15 seconds, though it was asked to.", []string{"stream"}, nil)}
}

// of is what is known of a stream. The caller holds mu.
func (s *stuck) of(stream string) *stuckStream {
	if s.streams[stream] == nil {
		s.streams[stream] = &stuckStream{}
	}
	return s.streams[stream]
}

// succeeded notes that a publish was stored.
func (s *stuck) succeeded(stream string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of(stream).stored = time.Now()
}

// failed notes that one was not. Where that is to be said, it returns how often it happened since it was said last, else 0.
func (s *stuck) failed(stream string, err error) (say int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.of(stream)
	one.err = err
	return one.again(time.Now())
}

// now reports whether nothing is stored, and since when.
func (s *stuckStream) now(at time.Time) (since time.Time, is bool) {
	since = s.since
	if s.stored.After(since) {
		since = s.stored
	}
	return since, s.lasts(at) && s.last.After(s.stored) && at.Sub(since) >= stuckAfter
}

// fails reports whether what was tried last was not stored.
func (s *stuck) fails(stream string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.of(stream)
	return one.last.After(one.stored)
}

// ready names the streams that steps wait for, nil when there are none. but is one that no step waits for.
func (s *stuck) ready(but string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []error
	for name, one := range s.streams {
		if since, is := one.now(time.Now()); is && name != but {
			all = append(all, fmt.Errorf("NATS has stored nothing in %s since %s, look at its disk and its log (a server whose disk was full must be started anew): %w",
				name, since.UTC().Format(time.TimeOnly), one.err))
		}
	}
	slices.SortFunc(all, func(x, y error) int { return cmp.Compare(x.Error(), y.Error()) })
	return errors.Join(all...)
}

// Describe is for Prometheus.
func (s *stuck) Describe(to chan<- *prometheus.Desc) { to <- s.desc }

// Collect is for Prometheus.
func (s *stuck) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, one := range s.streams {
		value := 0.0
		if _, is := one.now(time.Now()); is {
			value = 1
		}
		to <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, value, name)
	}
}

// stored notes what came of a try to store something, and tells in the log of what was not.
func (c *Consumer) stored(subject string, err error) {
	stream := c.Names.StreamOf(subject)
	if err == nil {
		c.Metrics.stuck.succeeded(stream)
		return
	}
	if times := c.Metrics.stuck.failed(stream, err); times > 0 {
		c.Log.Warn().Err(err).Str("what", subject).Str("stream", stream).Int("times", times).Msg(whatNATSDid(err) + "; trying again")
	}
}

// whatNATSDid tells one that answers from one that does not.
func whatNATSDid(err error) string {
	if api := (*jetstream.APIError)(nil); errors.As(err, &api) {
		return "NATS refuses to store it"
	}
	return "not confirmed by NATS"
}
