package console_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

// follow reads a stream's ids and data until ctx ends.
func (w *world) follow(ctx context.Context, path, last string) <-chan [2]string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.tokens[console.Viewer])
	req.Header.Set("Last-Event-ID", last)
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		w.t.Fatalf("a stream of %q", got)
	}
	events := make(chan [2]string, 16)
	go func() {
		defer close(events)
		defer resp.Body.Close()
		var e [2]string
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				e[0] = value
			case "data":
				e[1] = value
				events <- e
			}
		}
	}()
	return events
}

func receive(t *testing.T, events <-chan [2]string) [2]string {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(5 * time.Second):
		t.Fatal("no event within 5 s")
		return [2]string{}
	}
}

// Attempts come as they happen, of the webhook asked for, and who comes back misses none.
func TestStreamOfAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	events := w.follow(ctx, "/api/v1/projects/acme/attempts/stream?webhook=crm", "")
	send := func(step, webhook string) {
		w.publish(w.names.AttemptSubject("acme", webhook), schema.Attempt{StepID: step, ProjectID: "acme", WebhookID: webhook, Attempt: 1, Method: "POST", Status: 200, Reason: schema.ReasonDelivered, Next: schema.NextContinue, At: time.Now()})
	}
	send("other", "another")
	send("one", "crm")
	first := receive(t, events)
	if !strings.Contains(first[1], `"stepId":"one"`) {
		t.Errorf("the first event: %v", first)
	}
	if err := w.api.validate("#/components/schemas/Attempt", first[1]); err != nil {
		t.Errorf("an event is not what openapi.yaml says: %v", err)
	}
	stop()
	for range events {
	}
	send("two", "crm")
	again, done := context.WithCancel(t.Context())
	defer done()
	resumed := w.follow(again, "/api/v1/projects/acme/attempts/stream?webhook=crm", first[0])
	if e := receive(t, resumed); !strings.Contains(e[1], `"stepId":"two"`) {
		t.Errorf("after coming back: %v", e)
	}
	done()
	for range resumed {
	}
}
