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
)

// List is a project's newest notifications, newest first, at most limit of them; of all projects when
// project is empty. stream is the one that [schema.Names.Notifications] names.
func List(ctx context.Context, stream jetstream.Stream, names schema.Names, project string, limit int) ([]schema.Notification, error) {
	if project == "" {
		project = "*"
	} else if !schema.ValidID(project) {
		return nil, fmt.Errorf("notifications: %q can't be a project", project)
	}
	subject := names.NotificationSubject(project)
	total, err := count(ctx, stream, subject)
	if err != nil || total == 0 || limit <= 0 {
		return nil, err
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}, InactiveThreshold: 10 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("notifications: list: %w", err)
	}
	var newest []schema.Notification // oldest first
	for read := 0; read < total; {
		batch, err := consumer.Fetch(min(listBatch, total-read), jetstream.FetchMaxWait(listWait))
		if err != nil {
			return nil, fmt.Errorf("notifications: list: %w", err)
		}
		before := read
		for msg := range batch.Messages() {
			read++
			var n schema.Notification
			if json.Unmarshal(msg.Data(), &n) == nil {
				newest = append(newest, n)
			}
		}
		if len(newest) > limit {
			newest = slices.Clone(newest[len(newest)-limit:])
		}
		if err := batch.Error(); err != nil {
			return nil, fmt.Errorf("notifications: list: %w", err)
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("notifications: list: %w", ctx.Err())
		}
		if read == before { // some were removed by age meanwhile
			break
		}
	}
	slices.Reverse(newest)
	return newest, nil
}

func count(ctx context.Context, stream jetstream.Stream, subject string) (int, error) {
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(subject))
	if err != nil {
		return 0, fmt.Errorf("notifications: list: %w", err)
	}
	total := 0
	for _, n := range info.State.Subjects {
		total += int(n)
	}
	return total, nil
}
