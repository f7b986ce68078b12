package app

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"
)

// maxClockDistance is how far this clock may be from the server's before due times are doubtful.
const maxClockDistance = time.Second

// selfCheck warns of what works today and will hurt later. What can't work at all is refused by
// [Config.Validate] and by provisioning.
func selfCheck(ctx context.Context, js jetstream.JetStream, rdb redis.UniversalClient, cfg Config, log zerolog.Logger) {
	checkStreams(ctx, js, cfg, log)
	checkRedis(ctx, rdb, log)
	if len(cfg.SecretKeys) == 0 {
		log.Warn().Msg("JOURNEYHOOK_SECRET_KEYS is not set: webhooks with secrets can't be used and tokens are kept in memory only")
	}
}

func checkStreams(ctx context.Context, js jetstream.JetStream, cfg Config, log zerolog.Logger) {
	var more []string   // that have more replicas than the settings say
	var single []string // that have one, in a cluster
	for _, want := range Streams(cfg.Stores) {
		asked := time.Now()
		stream, err := js.Stream(ctx, want.Name)
		if err != nil {
			log.Warn().Err(err).Str("stream", want.Name).Msg("stream can't be looked at")
			continue
		}
		info, took := stream.CachedInfo(), time.Since(asked)
		if got := info.Config.Duplicates; got < 2*ackWait {
			log.Error().Str("stream", want.Name).Dur("window", got).Dur("ackWait", ackWait).
				Msg("the duplicate window is shorter than twice the ack wait: after a crash a result could be published twice")
		}
		if want.AllowDirect && !info.Config.AllowDirect {
			log.Error().Str("stream", want.Name).Msg("the stream does not allow direct gets (allow_direct): after a crash a step may run twice")
		}
		if want.Retention == jetstream.WorkQueuePolicy && drops(info.Config) {
			log.Error().Str("stream", want.Name).Msg("the stream's limits remove steps that still wait: these get no result; take away its age and size limits")
		}
		if info.Config.Replicas > cfg.Replicas {
			more = append(more, want.Name)
		}
		if info.Cluster != nil && info.Cluster.Name != "" && info.Config.Replicas == 1 {
			single = append(single, want.Name)
		}
		if want.Name != cfg.Names().Steps() || info.TimeStamp.IsZero() {
			continue
		}
		distance := time.Since(info.TimeStamp) - took/2
		if distance.Abs() > maxClockDistance+took {
			log.Error().Dur("distance", distance).Msg("this clock differs from the NATS server's: retries come early or late by as much; synchronise the clocks")
		}
	}
	if len(single) > 0 {
		log.Warn().Strs("streams", single).
			Msg("NATS is a cluster, and these streams are on one server each: while it is away their steps wait, and when it is lost they are lost; set JOURNEYHOOK_REPLICAS=3")
	}
	if cfg.Provision && len(more) > 0 {
		log.Warn().Strs("streams", more).Int("replicas", cfg.Replicas).
			Msg("streams have more replicas than the settings say, and keep them; set JOURNEYHOOK_REPLICAS to their number, or lower it with: nats stream edit STREAM --replicas N")
	}
}

// drops reports whether a stream may remove messages that were not acked.
func drops(c jetstream.StreamConfig) bool {
	return c.MaxAge > 0 || c.Discard == jetstream.DiscardOld && (c.MaxMsgs > 0 || c.MaxBytes > 0) || c.MaxMsgsPerSubject > 0 && !c.DiscardNewPerSubject
}

func checkRedis(ctx context.Context, rdb redis.UniversalClient, log zerolog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := rdb.Ping(ctx).Err(); err != nil {
		log.Warn().Err(err).Msg("Redis is not there: tokens are fetched and kept in memory until it is")
		return
	}
	policy, err := rdb.ConfigGet(ctx, "maxmemory-policy").Result()
	switch set := policy["maxmemory-policy"]; {
	case err != nil:
		log.Info().Err(err).Msg("Redis does not tell its maxmemory-policy; make sure that it is noeviction")
	case set != "noeviction":
		log.Warn().Str("policy", set).Msg("a Redis that is full will evict tokens, each of which costs a token request, and what holds webhooks to their limits; set maxmemory-policy to noeviction")
	}
}
