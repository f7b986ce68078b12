package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// A step by which five workers ended is kept in DEAD and exits. Steps that were merely beside it go on.
func TestAStepThatEndsItsWorkersIsPoison(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save("deadly", "POST", "/slow/5000")
	w.save("slow", "POST", "/slow/400")
	first := w.startReady()
	first.Kill()
	ackWait := func(wait time.Duration) {
		w.editConsumer(w.names.Steps(), schema.StepsConsumer, func(c *jetstream.ConsumerConfig) { c.AckWait = wait })
	}
	begin := func() *process {
		ackWait(30 * time.Second) // or it would not start
		p := w.startReady("JOURNEYHOOK_PROVISION=false")
		ackWait(time.Second) // so that steps come back soon
		return p
	}
	var all []schema.Step
	for i := range 5 {
		all = append(all, step(fmt.Sprintf("beside-%d", i), "slow"))
	}
	w.send(append(all, step("poison", "deadly"))...)
	for i := range 5 {
		p := begin()
		waitFor(t, 60*time.Second, "a call for the step", func() bool { return len(w.endpoint.CallsFor("poison")) > i })
		p.Kill()
	}
	p := begin()
	results := w.results(len(all)+1, 60*time.Second)
	for id, r := range results {
		switch {
		case id == "poison" && (r.Outcome != schema.Exit || r.Reason != schema.ReasonInvalidStep || !strings.Contains(r.Detail, "5 times")):
			t.Errorf("%s: %+v\n%s", id, r, p.output)
		case id != "poison" && r.Outcome != schema.Continue:
			t.Errorf("%s was only beside it: %+v", id, r)
		}
	}
	waitFor(t, 10*time.Second, "the dead letter", func() bool { return w.messages(w.names.Dead()) == 1 })
}
