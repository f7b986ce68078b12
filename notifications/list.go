package notifications

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

const (
	listBatch = 500
	listWait  = 2 * time.Second // for the next batch
	firstSpan = time.Hour       // how far back the newest are looked for at first
)

// List is a project's newest notifications, newest first, at most limit of them; of all projects when
// project is empty. stream is the one that [schema.Names.Notifications] names.
func List(ctx context.Context, stream jetstream.Stream, names schema.Names, project string, limit int) ([]schema.Notification, error) {
	if project == "" {
		project = "*"
	} else if !schema.ValidID(project) {
		return nil, fmt.Errorf("notifications: %q can't be a project", project)
	}
	if limit <= 0 {
		return nil, nil
	}
	l := lister{stream: stream, subject: names.NotificationSubject(project), limit: limit}
	newest, err := l.newest(ctx, firstSpan)
	if err != nil {
		return nil, fmt.Errorf("notifications: list: %w", err)
	}
	return newest, nil
}

// lister reads what a subject has in a stream, from its end.
type lister struct {
	stream  jetstream.Stream
	subject string
	limit   int
}

// newest looks at the last span of the stream, and at one twice as long for as long as that holds too few
// and the stream goes back further. It reads little more than it returns, however much there is.
func (l *lister) newest(ctx context.Context, span time.Duration) ([]schema.Notification, error) {
	info, err := l.stream.Info(ctx, jetstream.WithSubjectFilter(l.subject))
	if err != nil {
		return nil, err
	}
	total := 0
	for _, n := range info.State.Subjects {
		total += int(n)
	}
	for ; total > 0; span *= 2 {
		since := time.Now().Add(-span)
		consumer, err := l.open(ctx, since)
		if err != nil {
			return nil, err
		}
		pending := int(consumer.CachedInfo().NumPending)
		all := pending >= total || since.Before(info.State.FirstTime)
		if pending < l.limit && !all {
			continue
		}
		newest, err := l.read(ctx, consumer, pending)
		if err != nil || all || len(newest) == l.limit { // what can't be read does not count
			slices.Reverse(newest)
			return newest, err
		}
	}
	return nil, nil
}

func (l *lister) open(ctx context.Context, since time.Time) (jetstream.Consumer, error) {
	return l.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{l.subject}, InactiveThreshold: 10 * time.Second,
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &since,
	})
}

// read is the newest of the pending ones, oldest first.
func (l *lister) read(ctx context.Context, consumer jetstream.Consumer, pending int) ([]schema.Notification, error) {
	var newest []schema.Notification
	for read := 0; read < pending; {
		batch, err := consumer.Fetch(min(listBatch, pending-read), jetstream.FetchMaxWait(listWait))
		if err != nil {
			return nil, err
		}
		before := read
		for msg := range batch.Messages() {
			read++
			var n schema.Notification
			if json.Unmarshal(msg.Data(), &n) == nil {
				newest = append(newest, n)
			}
		}
		if len(newest) > l.limit {
			newest = slices.Clone(newest[len(newest)-l.limit:])
		}
		if err := batch.Error(); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if read == before { // some were removed by age meanwhile
			break
		}
	}
	return newest, nil
}
