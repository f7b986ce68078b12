package consumer_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/schema"
)

// astray are subjects that no consumer looks at.
func astray(b *bench) []string {
	return []string{
		"journeyhook.retries.7m.acme.crm", "journeyhook.retries.acme.crm", "journeyhook.retries.3m", "journeyhook.retries.soon.acme.crm.more",
		"journeyhook.backlog.acme", "journeyhook.backlog.acme.crm.more",
	}
}

func TestNATSRefusesWhatNoConsumerWouldLookAt(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	for _, subject := range astray(b) {
		if _, err := b.js.Publish(t.Context(), subject, encode(t, step("s1", "crm"))); !errors.Is(err, jetstream.ErrNoStreamResponse) && !errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("%s: %v", subject, err)
		}
	}
}

// What a stream of an earlier release, or of an operator's own, took in where no consumer looks is kept in DEAD, and its
// steps exit. One whose step has gone on without it has no second result.
func TestOrphansAreKeptAndTheirStepsExit(t *testing.T) {
	t.Parallel()
	b := setup(t, ok)
	b.stopped()
	b.hooks.set(hook("crm"))
	for name, subject := range map[string]string{b.names.Retries(): "journeyhook.retries.>", b.names.Backlog(): "journeyhook.backlog.>"} {
		stream, err := b.js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		wide := stream.CachedInfo().Config
		wide.Subjects = []string{subject}
		if _, err := b.js.UpdateStream(t.Context(), wide); err != nil {
			t.Fatal(err)
		}
	}
	subjects := append(astray(b), "journeyhook.backlog.ac$me.crm")
	for _, subject := range subjects {
		b.publish(subject, encode(t, step("of-"+subject[len("journeyhook."):len("journeyhook.")+7]+"-"+time.Now().Format("150405.000000000"), "crm")), nats.Header{schema.HeaderAttempt: {"2"}})
	}
	b.publish("journeyhook.retries.7m", []byte("nonsense"), nil)
	done := step("done", "crm")
	b.publish(b.names.ResultSubject("acme", 12345, schema.Continue), []byte(`{"stepId":"done","projectId":"acme","workflowId":12345,"outcome":"continue"}`), nats.Header{jetstream.MsgIDHeader: {done.Key()}})
	b.publish("journeyhook.retries.7m.acme.crm", encode(t, done), nil)
	if err := app.Provision(t.Context(), b.js, app.Stores{Prefix: "journeyhook", Replicas: 1, DuplicateWindow: 5 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	b.consumer = b.newConsumer(ok)
	b.consumer.AckWait = time.Second
	b.start()
	waiting := step("waiting", "crm")
	b.publish("journeyhook.retries.1s.acme.crm", encode(t, waiting), nats.Header{schema.HeaderAttempt: {"2"}, schema.HeaderMove: {"1"}})
	results := b.results(len(subjects)+2, 20*time.Second)
	for id, r := range results {
		switch id {
		case "done", "waiting":
			if r.Outcome != schema.Continue {
				t.Errorf("%s: %+v", id, r)
			}
		default:
			if r.Outcome != schema.Exit || r.Reason != schema.ReasonInvalidStep || r.Attempts != 1 || r.ProjectID != "acme" {
				t.Errorf("%s: %+v", id, r)
			}
		}
	}
	b.count(b.names.Retries(), 0, 10*time.Second)
	b.count(b.names.Backlog(), 0, 10*time.Second)
	dead := b.all(b.names.Dead())
	if len(dead) != len(subjects)+2 {
		t.Errorf("%d dead letters, want %d", len(dead), len(subjects)+2)
	}
	for _, msg := range dead {
		if msg.Subject != b.names.DeadSubject("invalid_step") || msg.Header.Get(schema.HeaderSubject) == "" || msg.Header.Get(schema.HeaderError) == "" {
			t.Errorf("%s %v", msg.Subject, msg.Header)
		}
	}
}
