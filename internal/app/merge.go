package app

import "github.com/nats-io/nats.go/jetstream"

// mergeStream is a stream that is there, with what contract and guarantees rest on. Retention and storage
// are among it: where they differ NATS refuses the change, and no worker starts on such a stream.
func mergeStream(have, want jetstream.StreamConfig) jetstream.StreamConfig {
	have.Subjects, have.Duplicates = want.Subjects, want.Duplicates
	have.Retention, have.Storage = want.Retention, want.Storage
	have.AllowDirect = have.AllowDirect || want.AllowDirect
	have.Replicas = max(have.Replicas, want.Replicas)
	if want.MaxConsumers > 0 { // what is not set is the server's default
		have.MaxConsumers = max(have.MaxConsumers, want.MaxConsumers)
	}
	return have
}

// mergeBucket is the stream of a bucket that is there, with room for what is stored in it.
func mergeBucket(have jetstream.StreamConfig, want jetstream.KeyValueConfig) jetstream.StreamConfig {
	have.Storage = want.Storage
	have.Replicas = max(have.Replicas, want.Replicas)
	if have.MaxMsgsPerSubject > 0 {
		have.MaxMsgsPerSubject = max(have.MaxMsgsPerSubject, int64(want.History))
	}
	if have.MaxMsgSize > 0 {
		have.MaxMsgSize = max(have.MaxMsgSize, want.MaxValueSize)
	}
	return have
}

// mergeConsumer is a consumer that is there, delivering whole messages until they are acked.
func mergeConsumer(have, want jetstream.ConsumerConfig) jetstream.ConsumerConfig {
	have.FilterSubject, have.FilterSubjects = want.FilterSubject, want.FilterSubjects
	have.AckPolicy, have.AckWait, have.MaxAckPending = want.AckPolicy, want.AckWait, want.MaxAckPending
	have.MaxDeliver, have.BackOff, have.HeadersOnly = -1, nil, false
	return have
}
