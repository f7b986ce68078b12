package consumer_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/schema"
)

// large is a step of about 900 KiB.
func large(id, webhook string) schema.Step {
	s := step(id, webhook)
	s.Trigger.DataFields = json.RawMessage(`{"status":"200","filler":"` + strings.Repeat("x", 900<<10) + `"}`)
	return s
}

// However many large steps wait, a worker holds no more bytes than it may. Their endpoint hangs, and others are not kept
// waiting by that; in the end all have their results.
func TestLargeStepsAreHeldWithinABound(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := setup(t, hogHangs(release), func(c *consumer.Consumer) { c.MaxHeld = 24 << 20 })
	b.hooks.set(hook("hog", func(w *schema.Webhook) {
		w.Endpoint, w.Body.IncludeTriggerData = "https://hog.example.com/", false
	}))
	b.hooks.set(hook("healthy"))
	highest := func() {
		used, most := consumer.HeldBytes(b.consumer)
		if used > most {
			t.Errorf("%d bytes are held, of at most %d", used, most)
		}
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				highest()
			}
		}
	}()
	const n = 150
	for i := range n {
		s := large(fmt.Sprintf("large-%d", i), "hog")
		b.publish(b.names.StepSubject("acme", "hog"), encode(t, s), nats.Header{"Nats-Msg-Id": {s.Key()}})
	}
	b.send(steps(100, "healthy")...)
	b.count(b.names.Results(), 100, 20*time.Second)
	close(release)
	for id, r := range b.results(n+100, 60*time.Second) {
		if r.Outcome != schema.Continue {
			t.Errorf("%s: %+v", id, r)
		}
	}
	b.stopped()
	if used, _ := consumer.HeldBytes(b.consumer); used != 0 {
		t.Errorf("%d bytes are held by nothing", used)
	}
}
