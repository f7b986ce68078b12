package consumer

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/internal/natstest"
)

// Asking whether a server knows an id stores nothing, and whoever has the id may still use it, on one server and on three.
func TestAskingForAnIDLeavesItFree(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ nodes, replicas int }{{1, 1}, {3, 3}} {
		t.Run(fmt.Sprintf("%d of %d servers", c.replicas, c.nodes), func(t *testing.T) {
			t.Parallel()
			var js jetstream.JetStream
			if c.nodes == 1 {
				js = natstest.Start(t)
			} else {
				js = natstest.Connect(t, natstest.Cluster(t)[0].URL(), jetstream.WithDefaultTimeout(20*time.Second))
			}
			ctx := t.Context()
			if err := child.Until(ctx, time.Minute, "a stream", func() bool {
				ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
				defer cancel()
				_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}, Duplicates: time.Minute, Replicas: c.replicas})
				return err == nil
			}); err != nil {
				t.Fatal(err)
			}
			a := streamArchive{js: js, log: zerolog.Nop(), windows: &sync.Map{}}
			if w, err := a.window(ctx, "S"); err != nil || w != time.Minute {
				t.Errorf("the window is %s, %v", w, err)
			}
			for i := range 20 {
				id := fmt.Sprint("id", i)
				for range 2 {
					if _, known, err := a.knows(ctx, "s.a", id); err != nil || known {
						t.Fatalf("%s is known before it was stored: %t, %v", id, known, err)
					}
				}
				ack, err := js.Publish(ctx, "s.b", []byte("x"), jetstream.WithMsgID(id))
				if err != nil || ack.Duplicate || ack.Sequence != uint64(i+1) {
					t.Fatalf("%s could not be stored: %+v, %v", id, ack, err)
				}
				if sequence, known, err := a.knows(ctx, "s.a", id); err != nil || !known || sequence != ack.Sequence {
					t.Errorf("%s is not known: %d, %t, %v", id, sequence, known, err)
				}
			}
			s, err := js.Stream(ctx, "S")
			if err != nil || s.CachedInfo().State.LastSeq != 20 {
				t.Errorf("%+v, %v", s.CachedInfo().State, err)
			}
		})
	}
}

func TestIDsAreAskedForWhereThatIsSafe(t *testing.T) {
	t.Parallel()
	for version, safe := range map[string]bool{
		"2.15.2": true, "2.12.0": true, "2.12.0-RC.1": true, "3.0.0": true, "2.11.9": false, "2.10.27": false, "2.9": false, "": false, "dev": false,
	} {
		if got := leavesIDs(version); got != safe {
			t.Errorf("%q: %t", version, got)
		}
	}
}
