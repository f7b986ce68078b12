package app

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Whatever else empties a stream is no purge: a false alarm would have somebody restore a backup over steps that went well.
func TestWhatEmptiesAStream(t *testing.T) {
	t.Parallel()
	now, since := time.Now(), time.Now().Add(-time.Hour)
	look := func(first, last uint64, had delivered) *seenStream {
		state := jetstream.StreamState{FirstSeq: first, LastSeq: last, Msgs: last + 1 - first, LastTime: now.Add(-time.Minute)}
		return &seenStream{had: map[string]delivered{"S": had}, info: &jetstream.StreamInfo{
			TimeStamp: now, Created: since, State: state, Cluster: &jetstream.ClusterInfo{Leader: "a", LeaderSince: &since},
			Config: jetstream.StreamConfig{Name: "S", Retention: jetstream.WorkQueuePolicy},
		}}
	}
	full := func() *seenStream { return look(1, 100, delivered{"a", 40, 60}) }
	empty := func(edit func(*seenStream)) *seenStream {
		s := look(101, 100, delivered{"a", 50, 50})
		if edit != nil {
			edit(s)
		}
		return s
	}
	as := func(age time.Duration) func(*seenStream) {
		return func(s *seenStream) { s.info.Config.Retention, s.info.Config.MaxAge = jetstream.LimitsPolicy, age }
	}
	for name, c := range map[string]struct {
		now  *seenStream
		has  delivered
		want bool
	}{
		"all that waited was delivered":       {empty(nil), delivered{"a", 100, 0}, false},
		"what was under way was redelivered":  {empty(nil), delivered{"a", 140, 0}, false},
		"purged":                              {empty(nil), delivered{"a", 70, 0}, true},
		"purged, and stored since":            {look(101, 130, delivered{"a", 50, 50}), delivered{"a", 70, 0}, true},
		"not delivered, and still there":      {look(90, 130, delivered{"a", 50, 50}), delivered{"a", 70, 0}, false},
		"the server of the consumer restarts": {empty(nil), delivered{"b", 70, 0}, false},
		"the stream has another leader":       {empty(func(s *seenStream) { s.info.Cluster.Leader = "b" }), delivered{"a", 70, 0}, false},
		"results, purged":                     {empty(as(time.Hour)), delivered{}, true},
		"results that are kept, purged":       {empty(as(0)), delivered{}, true},
		"results, too old":                    {empty(as(time.Minute)), delivered{}, false},
	} {
		before := full()
		if got := c.now.emptiedSince(before) && c.now.unexplained(before, c.has); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	// Messages that no consumer delivers any more are removed by workers.
	if before := look(1, 5, delivered{"a", 40, 0}); empty(nil).unexplained(before, delivered{"a", 40, 0}) {
		t.Error("removed one by one: a purge")
	}
}
