package notifications

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/natstest"
	"github.com/journeyhook/journeyhook/schema"
)

func newStream(t *testing.T, names schema.Names) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	js := natstest.Start(t)
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: names.Notifications(), Subjects: []string{names.NotificationSubject("*")}})
	if err != nil {
		t.Fatal(err)
	}
	return js, stream
}

func TestListIsNewestFirst(t *testing.T) { // B54
	t.Parallel()
	names := schema.Names{}
	js, stream := newStream(t, names)
	if all, err := List(t.Context(), stream, names, "acme", 10); err != nil || len(all) != 0 {
		t.Fatalf("an empty center: %v, %v", all, err)
	}
	for i := range 1200 {
		project := []string{"acme", "other"}[i%2]
		data, err := json.Marshal(schema.Notification{ProjectID: project, WebhookID: fmt.Sprint("w", i)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.PublishAsync(names.NotificationSubject(project), data); err != nil {
			t.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	if _, err := js.Publish(t.Context(), names.NotificationSubject("acme"), []byte("not JSON")); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		project        string
		limit, want    int
		newest, oldest string
	}{
		"a few of one project": {"acme", 3, 3, "w1198", "w1194"},
		"all of one project":   {"acme", 10_000, 600, "w1198", "w0"},
		"of every project":     {"", 2, 2, "w1199", "w1198"},
		"none of another":      {"none", 5, 0, "", ""},
		"no room for any":      {"acme", 0, 0, "", ""},
	} {
		all, err := List(t.Context(), stream, names, tc.project, tc.limit)
		if err != nil || len(all) != tc.want {
			t.Errorf("%s: %d, %v, want %d", name, len(all), err, tc.want)
			continue
		}
		if tc.want > 0 && (all[0].WebhookID != tc.newest || all[tc.want-1].WebhookID != tc.oldest) {
			t.Errorf("%s: %s … %s, want %s … %s", name, all[0].WebhookID, all[tc.want-1].WebhookID, tc.newest, tc.oldest)
		}
	}
	if _, err := List(t.Context(), stream, names, ">", 1); err == nil {
		t.Error("project > was listed")
	}
}

// However much there is, only the newest part of it is read.
func TestListReadsTheEnd(t *testing.T) {
	t.Parallel()
	names := schema.Names{}
	js, stream := newStream(t, names)
	const old, fresh = 5000, 60
	publish := func(from, to int) {
		for i := from; i < to; i++ {
			data, err := json.Marshal(schema.Notification{ProjectID: "acme", WebhookID: fmt.Sprint("w", i)})
			if err != nil {
				t.Fatal(err)
			}
			if i%20 == 0 {
				data = []byte("not JSON")
			}
			if _, err := js.PublishAsync(names.NotificationSubject("acme"), data); err != nil {
				t.Fatal(err)
			}
			if i%1000 == 0 {
				<-js.PublishAsyncComplete()
			}
		}
		<-js.PublishAsyncComplete()
	}
	publish(0, old)
	<-time.After(2 * time.Second)
	publish(old, old+fresh)
	for name, c := range map[string]struct {
		limit, want, mostRead int
	}{
		"what the end holds":          {50, 50, 500},
		"a part of what is before it": {100, 100, old + 1000},
		"more than there is":          {2 * old, (old + fresh) / 20 * 19, 2 * old},
	} {
		before := js.Conn().Stats().InMsgs
		l := lister{stream: stream, subject: names.NotificationSubject("acme"), limit: c.limit}
		all, err := l.newest(t.Context(), 10*time.Millisecond)
		if err != nil || len(all) != c.want {
			t.Fatalf("%s: %d, %v, want %d", name, len(all), err, c.want)
		}
		if all[0].WebhookID != fmt.Sprint("w", old+fresh-1) {
			t.Errorf("%s: the newest is %s", name, all[0].WebhookID)
		}
		if read := int(js.Conn().Stats().InMsgs - before); read > c.mostRead {
			t.Errorf("%s: %d messages came, want at most %d", name, read, c.mostRead)
		}
	}
}
