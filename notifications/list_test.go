package notifications

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

func newStream(t *testing.T, names schema.Names) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the embedded NATS server did not come up")
	}
	nc, err := nats.Connect(srv.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
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
