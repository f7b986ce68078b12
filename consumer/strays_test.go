package consumer_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// A consumer that was once for other messages has passed over these.
func TestMessagesThatWerePassedOver(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	b := setup(t, counting(&calls))
	b.stopped()
	b.hooks.set(hook("crm"))
	lost, done := step("lost", "crm"), step("done", "crm")
	namesake := step("lost:1:1", "crm") // its key reads like the id of a move of the first one
	b.send(lost, done, namesake)
	b.publish(b.names.ResultSubject("acme", 12345, schema.Continue), []byte(`{"stepId":"done","projectId":"acme","workflowId":12345,"outcome":"continue"}`), map[string][]string{jetstream.MsgIDHeader: {done.Key()}})
	stream, err := b.js.Stream(t.Context(), b.names.Steps())
	if err != nil {
		t.Fatal(err)
	}
	cons, err := stream.Consumer(t.Context(), schema.StepsConsumer)
	if err != nil {
		t.Fatal(err)
	}
	all := cons.CachedInfo().Config
	if err := stream.DeleteConsumer(t.Context(), all.Durable); err != nil {
		t.Fatal(err)
	}
	some := all
	some.FilterSubject = b.names.StepSubject("acme", "other")
	if cons, err = stream.CreateConsumer(t.Context(), some); err != nil {
		t.Fatal(err)
	}
	b.send(step("other", "other"))
	msg, err := cons.Next()
	if err != nil {
		t.Fatal(err)
	}
	if err := msg.DoubleAck(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.UpdateConsumer(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	b.consumer = b.newConsumer(counting(&calls))
	b.consumer.AckWait = 2 * time.Second // strays are looked for that often
	b.start()
	b.send(step("next", "crm"))
	results := b.results(4, 40*time.Second)
	for _, id := range []string{"lost", "lost:1:1"} {
		if results[id].Outcome != schema.Continue {
			t.Errorf("the step %s that was passed over: %+v", id, results[id])
		}
	}
	b.count(b.names.Steps(), 0, 10*time.Second)
	if n := calls.Load(); n != 3 {
		t.Errorf("%d calls, want one for each step without a result", n)
	}
}
