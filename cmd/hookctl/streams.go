package main

import (
	"cmp"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
)

type streamsCmd struct {
	Out string `name:"output" short:"o" enum:"json,yaml" default:"json" help:"${enum}."`
}

func (streamsCmd) Help() string {
	return `Examples:
  hookctl streams --replicas 3
  hookctl streams --replicas 3 | jq -c '.streams[]'

For those who make them by themselves (--no-provision). Needs no server. Streams and consumers are configurations as
JetStream's API, nats stream add --config and nats consumer add --config take them; times are in nanoseconds.
Buckets are what nats kv add asks for. --prefix, --replicas and --duplicate-window go into them.`
}

// provisioned is all that a worker makes.
type provisioned struct {
	Streams   []jetstream.StreamConfig              `json:"streams"`
	Consumers map[string][]jetstream.ConsumerConfig `json:"consumers"` // by stream
	Buckets   []bucket                              `json:"buckets"`
}

// bucket is a KV bucket, in the words of nats kv add.
type bucket struct {
	Bucket       string `json:"bucket"`
	Description  string `json:"description"`
	History      uint8  `json:"history"`
	MaxValueSize int32  `json:"max_value_size"` // bytes; -1 is no limit
	Replicas     int    `json:"replicas"`
}

func (c *streamsCmd) Run(s *session) error {
	stores := s.cli.Stores
	all := provisioned{Streams: app.Streams(stores), Consumers: app.Consumers(stores)}
	for _, b := range app.Buckets(stores) {
		all.Buckets = append(all.Buckets, bucket{b.Bucket, b.Description, b.History, cmp.Or(b.MaxValueSize, -1), b.Replicas})
	}
	return s.data(c.Out, all)
}
