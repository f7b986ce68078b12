package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// ackWait is how long a silent worker keeps its messages; living ones send heartbeats.
const ackWait = 30 * time.Second

// laneAckPending bounds a lane's head: messages told to wait, and calls in flight from the lane.
const laneAckPending = 2000

// backlogConsumers is how many webhooks may have a consumer of their backlog. A server's own limit is 1,000 per stream where
// neither the stream nor the account sets one, and a stream can't say "none".
const backlogConsumers = 100_000

const day = 24 * time.Hour

// Streams are the streams with the settings contract and guarantees rest on. Direct gets are how a worker
// learns what became of a step that comes back.
func Streams(s Stores) []jetstream.StreamConfig {
	n := s.Names()
	queue := func(name, description string, subjects ...string) jetstream.StreamConfig {
		return jetstream.StreamConfig{
			Name: name, Subjects: subjects, Description: description,
			Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
			Duplicates: s.DuplicateWindow, Replicas: s.Replicas, AllowDirect: true,
		}
	}
	kept := func(name, subjects, description string, age time.Duration, bytes int64) jetstream.StreamConfig {
		return jetstream.StreamConfig{
			Name: name, Subjects: []string{subjects}, Description: description,
			Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage, MaxAge: age, MaxBytes: bytes,
			Discard: jetstream.DiscardOld, Duplicates: s.DuplicateWindow, Replicas: s.Replicas, AllowDirect: true,
		}
	}
	var lanes []string
	for _, lane := range schema.Lanes {
		lanes = append(lanes, n.RetrySubject(lane, "*", "*"))
	}
	backlog := queue(n.Backlog(), "steps waiting for room on their own webhook", n.BacklogSubject("*", "*"))
	backlog.MaxConsumers = backlogConsumers
	return []jetstream.StreamConfig{
		queue(n.Steps(), "steps waiting for their first attempt", n.All("steps")),
		queue(n.Retries(), "steps waiting for a later attempt, a lane per length of wait", lanes...),
		backlog,
		kept(n.Results(), n.All("results"), "one result per step", 7*day, -1),
		kept(n.Profiles(), n.Each("profiles"), "profile updates", 7*day, -1),
		kept(n.Notifications(), n.Each("notifications"), "the notification center", 30*day, -1),
		kept(n.Attempts(), n.All("attempts"), "the attempt log", 7*day, 1<<30),
		kept(n.Dead(), n.Each("dead"), "messages that could not be used", 30*day, -1),
		auditStream(s),
	}
}

// auditStream holds who changed what. The console and hookctl make it too, since they write it.
func auditStream(s Stores) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: s.Names().Audit(), Subjects: []string{s.Names().Each("audit")}, Description: "who changed which webhook, and when",
		Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage, MaxAge: 400 * day, MaxBytes: 1 << 30,
		Discard: jetstream.DiscardOld, Duplicates: s.DuplicateWindow, Replicas: s.Replicas,
	}
}

// Consumers are the durable consumers all workers share, by stream.
func Consumers(s Stores) map[string][]jetstream.ConsumerConfig {
	n := s.Names()
	steps := jetstream.ConsumerConfig{
		Durable: schema.StepsConsumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: -1,
	}
	var lanes []jetstream.ConsumerConfig
	for _, lane := range schema.Lanes {
		lanes = append(lanes, jetstream.ConsumerConfig{
			Durable: schema.LaneConsumer(lane), FilterSubject: n.LaneSubjects(lane),
			AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: laneAckPending,
		})
	}
	return map[string][]jetstream.ConsumerConfig{n.Steps(): {steps}, n.Retries(): lanes}
}

// Buckets are the KV buckets: what managing webhooks needs, besides the audit stream.
func Buckets(s Stores) []jetstream.KeyValueConfig {
	n := s.Names()
	return []jetstream.KeyValueConfig{
		{Bucket: n.WebhooksBucket(), Description: "webhook definitions", History: 64, Replicas: s.Replicas, MaxValueSize: 512 << 10},
		{Bucket: n.TilesBucket(), Description: "which tiles use a webhook", History: 1, Replicas: s.Replicas},
		{Bucket: n.TokensBucket(), Description: "access tokens of the console, hashed", History: 1, Replicas: s.Replicas},
		{Bucket: n.AcknowledgedBucket(), Description: "acknowledged notifications", History: 1, Replicas: s.Replicas},
	}
}

// Provision makes what is missing, but nothing that was lost ([ErrLost]). Of what is there it changes what contract
// and guarantees rest on and leaves the rest to the operator. Any number of workers may do it at once.
func Provision(ctx context.Context, js jetstream.JetStream, s Stores) error {
	if err := Lost(ctx, js, s); err != nil {
		return err
	}
	return provisioner{js: js}.all(ctx, s)
}

// all makes and changes everything. The buckets come first: they are older than any step, which tells them from
// buckets that were lost and made anew. STEPS comes last of the streams: when it was used, all others were there.
func (p provisioner) all(ctx context.Context, s Stores) error {
	if err := p.buckets(ctx, s); err != nil {
		return err
	}
	streams := Streams(s)
	slices.Reverse(streams)
	for _, want := range streams {
		if err := p.stream(ctx, want); err != nil {
			return err
		}
	}
	for stream, all := range Consumers(s) {
		for _, want := range all {
			if err := p.consumer(ctx, s, stream, want); err != nil {
				return err
			}
		}
	}
	return nil
}

// ProvisionBuckets makes what managing webhooks needs and is missing, but nothing that was lost ([ErrLost]): the KV
// buckets and the audit stream. What is there stays as it is, since whoever manages webhooks may not know how it is
// meant to be. Only what writes calls it.
func ProvisionBuckets(ctx context.Context, js jetstream.JetStream, s Stores) error {
	_, err := js.Stream(ctx, bucketStream(s.Names().WebhooksBucket()))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		err = lostBucket(ctx, js, s)
	}
	if err != nil {
		return fmt.Errorf("provision bucket %s: %w%s", s.Names().WebhooksBucket(), err, provisionHint(err))
	}
	p := provisioner{js: js, onlyMissing: true}
	if err := p.stream(ctx, auditStream(s)); err != nil {
		return err
	}
	return p.buckets(ctx, s)
}

// lostBucket says that the webhooks' bucket, which is missing, was there.
func lostBucket(ctx context.Context, js jetstream.JetStream, s Stores) error {
	found, err := takeStock(ctx, js, s.Names())
	if err != nil {
		return err
	}
	found.missing = nil // streams are the workers' concern
	return found.lost()
}

// replicasNeedCluster is the server's code for replicas > 1 outside a cluster.
const replicasNeedCluster = 10074

func provisionHint(err error) string {
	var api *jetstream.APIError
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return "; start nats-server with --jetstream"
	case errors.Is(err, nats.ErrNoResponders):
		return "; if this goes on, start nats-server with --jetstream"
	case errors.As(err, &api) && api.ErrorCode == replicasNeedCluster:
		return "; this server is not a cluster, set JOURNEYHOOK_REPLICAS=1"
	}
	return ""
}
