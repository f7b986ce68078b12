package app

import (
	"reflect"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func TestMergeStream(t *testing.T) {
	t.Parallel()
	want := jetstream.StreamConfig{
		Name: "S", Subjects: []string{"s.>"}, Description: "ours", Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage,
		MaxAge: time.Hour, MaxBytes: 1 << 30, Duplicates: 5 * time.Minute, Replicas: 3, AllowDirect: true, MaxConsumers: 500,
	}
	change := func(edit func(*jetstream.StreamConfig)) jetstream.StreamConfig {
		c := want
		edit(&c)
		return c
	}
	for name, c := range map[string]struct{ have, merged jetstream.StreamConfig }{
		"what is as it should be stays so": {want, want},
		"the operator's stays": {
			change(func(c *jetstream.StreamConfig) {
				c.MaxAge, c.MaxBytes, c.Description, c.Compression = time.Minute, -1, "theirs", jetstream.S2Compression
				c.Placement, c.Metadata = &jetstream.Placement{Cluster: "east"}, map[string]string{"owner": "theirs"}
			}),
			change(func(c *jetstream.StreamConfig) {
				c.MaxAge, c.MaxBytes, c.Description, c.Compression = time.Minute, -1, "theirs", jetstream.S2Compression
				c.Placement, c.Metadata = &jetstream.Placement{Cluster: "east"}, map[string]string{"owner": "theirs"}
			}),
		},
		"replicas are raised": {change(func(c *jetstream.StreamConfig) { c.Replicas = 1 }), want},
		"replicas are not lowered": {
			change(func(c *jetstream.StreamConfig) { c.Replicas = 5 }), change(func(c *jetstream.StreamConfig) { c.Replicas = 5 }),
		},
		"more consumers are allowed": {
			change(func(c *jetstream.StreamConfig) { c.MaxConsumers = -1 }), want,
		},
		"fewer consumers are not": {
			change(func(c *jetstream.StreamConfig) { c.MaxConsumers = 1000 }), change(func(c *jetstream.StreamConfig) { c.MaxConsumers = 1000 }),
		},
		"what guarantees rest on is changed": {
			change(func(c *jetstream.StreamConfig) {
				c.Subjects, c.Duplicates, c.AllowDirect = []string{"s.old"}, time.Second, false
				c.Retention, c.Storage = jetstream.InterestPolicy, jetstream.MemoryStorage
			}), want,
		},
	} {
		if got := mergeStream(c.have, want); !reflect.DeepEqual(got, c.merged) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, c.merged)
		}
	}
	indirect := change(func(c *jetstream.StreamConfig) { c.AllowDirect = false })
	if got := mergeStream(want, indirect); !got.AllowDirect {
		t.Error("direct gets that the operator allowed were forbidden")
	}
}

func TestMergeBucket(t *testing.T) {
	t.Parallel()
	want := jetstream.KeyValueConfig{Bucket: "b", History: 64, MaxValueSize: 512 << 10, Replicas: 3}
	type room struct {
		history  int64
		size     int32
		replicas int
	}
	for name, c := range map[string]struct{ have, merged room }{
		"enough stays as it is": {room{64, 512 << 10, 3}, room{64, 512 << 10, 3}},
		"less is raised":        {room{10, 1 << 10, 1}, room{64, 512 << 10, 3}},
		"more is not lowered":   {room{100, 1 << 20, 5}, room{100, 1 << 20, 5}},
		"no limit stays none":   {room{-1, -1, 3}, room{-1, -1, 3}},
	} {
		got := mergeBucket(jetstream.StreamConfig{
			MaxMsgsPerSubject: c.have.history, MaxMsgSize: c.have.size, Replicas: c.have.replicas, MaxAge: time.Hour,
		}, want)
		if have := (room{got.MaxMsgsPerSubject, got.MaxMsgSize, got.Replicas}); have != c.merged || got.MaxAge != time.Hour {
			t.Errorf("%s: %+v, max age %s; want %+v", name, have, got.MaxAge, c.merged)
		}
	}
	small := jetstream.StreamConfig{MaxMsgsPerSubject: 1, MaxMsgSize: 100, Replicas: 1}
	if got := mergeBucket(small, jetstream.KeyValueConfig{History: 1, Replicas: 1}); !reflect.DeepEqual(got, small) {
		t.Errorf("a limit on values where we need none in particular: %+v", got)
	}
}

func TestMergeConsumer(t *testing.T) {
	t.Parallel()
	want := jetstream.ConsumerConfig{Durable: "c", FilterSubject: "s.>", AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: -1}
	pause := time.Now().Add(time.Hour)
	have := jetstream.ConsumerConfig{
		Durable: "c", FilterSubjects: []string{"s.a", "s.b"}, AckPolicy: jetstream.AckAllPolicy, AckWait: time.Second, MaxAckPending: 1,
		MaxDeliver: 3, BackOff: []time.Duration{time.Second}, HeadersOnly: true,
		Description: "theirs", Replicas: 3, PauseUntil: &pause,
	}
	merged := want
	merged.MaxDeliver, merged.Description, merged.Replicas, merged.PauseUntil = -1, "theirs", 3, &pause
	if got := mergeConsumer(have, want); !reflect.DeepEqual(got, merged) {
		t.Errorf("\ngot  %+v\nwant %+v", got, merged)
	}
}
