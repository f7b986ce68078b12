package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// results hands each result of journey 12345 to handle until ctx ends. What handle refuses comes again.
func results(ctx context.Context, js jetstream.JetStream, handle func(schema.Result) error) error {
	consumer, err := js.CreateOrUpdateConsumer(ctx, "JOURNEYHOOK_RESULTS", jetstream.ConsumerConfig{
		Durable: "journey-12345", FilterSubject: "journeyhook.results.acme.12345.>", AckPolicy: jetstream.AckExplicitPolicy,
	})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		var r schema.Result
		if err := json.Unmarshal(msg.Data(), &r); err != nil {
			return err
		}
		if handle(r) != nil {
			_ = msg.NakWithDelay(time.Second)
			continue
		}
		_ = msg.Ack() // when it gets lost the result comes again
	}
}

// The subscriber that docs/messages.md shows, which is the one above: it gets the results of its journey, again those
// it refused, and after a pause those it missed.
func TestTheSubscriberOfTheManual(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("subscriber_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(page), "```go\n")
	if shown, _, _ = strings.Cut(shown, "```"); shown == "" || !strings.Contains(string(source), shown) {
		t.Error("docs/messages.md shows another subscriber than this test's")
	}
	w := newWorld(t)
	w.run()
	w.save("crm", "POST", "/hooks")
	other := step("other", "crm")
	other.WorkflowID = 99
	w.send(step("1", "crm"), other, step("2", "crm"))
	w.results(3, 10*time.Second)
	seen := map[string]int{}
	listen := func(n int) {
		t.Helper()
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		defer stop()
		left := n
		err := results(ctx, w.js, func(r schema.Result) error {
			if seen[r.StepID]++; seen[r.StepID] == 1 && r.StepID == "2" {
				return errors.New("not now")
			}
			if left--; left == 0 {
				time.AfterFunc(100*time.Millisecond, stop) // the ack goes out first
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	listen(2)
	w.send(step("3", "crm"))
	w.results(4, 10*time.Second)
	listen(1)
	if seen["1"] != 1 || seen["2"] != 2 || seen["3"] != 1 || len(seen) != 3 {
		t.Errorf("the subscriber saw %v", seen)
	}
}
