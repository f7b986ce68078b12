package consumer

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/natstest"
)

func TestAMessageThatAnotherRemovedIsGone(t *testing.T) {
	t.Parallel()
	js := natstest.Start(t)
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
