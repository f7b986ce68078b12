package console_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"

	"github.com/journeyhook/journeyhook/internal/raced"
)

// many publishes n messages, as fast as they are taken.
func (w *world) many(n int, message func(int) (subject string, v any)) {
	w.t.Helper()
	for i := range n {
		subject, v := message(i)
		data, err := json.Marshal(v)
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.js.PublishAsync(subject, data, jetstream.WithStallWait(time.Minute)); err != nil {
			w.t.Fatal(err)
		}
	}
	<-w.js.PublishAsyncComplete()
}

func stepOf(id string) schema.Step {
	return schema.Step{ID: id, ProjectID: "acme", WorkflowID: 7, Tile: schema.Tile{ID: "1", Type: schema.CallWebhook}, WebhookID: "crm", User: schema.User{Email: id + "@example.com"}}
}

func resultOf(id string, attempts int) schema.Result {
	return schema.Result{StepID: id, ProjectID: "acme", WorkflowID: 7, TileID: "1", WebhookID: "crm", User: schema.Person{Email: id + "@example.com"},
		Outcome: schema.Continue, Reason: schema.ReasonDelivered, Status: 200, Attempts: attempts, FinishedAt: time.Now().UTC()}
}

func attemptOf(id string, n int) schema.Attempt {
	return schema.Attempt{StepID: id, ProjectID: "acme", WebhookID: "crm", Attempt: n, Method: "POST", Status: 503, Reason: schema.ReasonStatus, Next: schema.NextRetry, At: time.Now().UTC()}
}

// busy fills the streams: n steps wait, n results and n attempts are kept.
func (w *world) busy(n int) {
	w.t.Helper()
	w.many(n, func(i int) (string, any) {
		return w.names.BacklogSubject("acme", "crm"), stepOf(fmt.Sprintf("waits-%d", i))
	})
	w.many(n, func(i int) (string, any) {
		return w.names.ResultSubject("acme", 7, schema.Continue), resultOf(fmt.Sprintf("done-%d", i), 0)
	})
	w.many(n, func(i int) (string, any) {
		return w.names.AttemptSubject("acme", "crm"), attemptOf(fmt.Sprintf("other-%d", i), 1)
	})
}

// amount is how much is in the streams where speed does not matter.
func amount() int {
	if raced.On() {
		return 2_000
	}
	return 10_000
}

// BenchmarkExplain asks for steps among 50,000 that wait, 50,000 results and 50,000 attempts.
func BenchmarkExplain(b *testing.B) {
	w := newWorld(b)
	w.busy(50_000)
	w.publish(w.names.StepSubject("acme", "crm"), stepOf("fresh"))
	for _, c := range []struct {
		name, path string
		status     int
	}{
		{"in STEPS", "steps/fresh", 200},
		{"last in BACKLOG", "steps/waits-49999", 200},
		{"newest result", "steps/done-49999", 200},
		{"oldest result", "steps/done-0", 200},
		{"mistyped", "steps/nobody", 404},
		{"results of a user", "results?email=done-25000@example.com", 200},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				w.want(c.status, w.call("GET", "/api/v1/projects/acme/"+c.path, ""))
			}
		})
	}
}
