package consumer

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/devstack"
)

func TestAMessageThatAnotherRemovedIsGone(t *testing.T) {
	t.Parallel()
	srv, err := devstack.StartNATS(t.TempDir(), -1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	nc, err := nats.Connect(srv.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	queue, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "Q", Subjects: []string{"q"}, Retention: jetstream.WorkQueuePolicy})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "q", nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := remove(t.Context(), queue, 1); err != nil {
			t.Error(err)
		}
	}
	if err := js.DeleteStream(t.Context(), "Q"); err != nil {
		t.Fatal(err)
	}
	if remove(t.Context(), queue, 1) == nil {
		t.Error("nobody can tell")
	}
}
