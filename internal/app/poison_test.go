package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

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
	soon, err := w.js.Consumer(t.Context(), w.names.Steps(), schema.StepsConsumer)
	if err != nil {
		t.Fatal(err)
	}
	config := soon.CachedInfo().Config
	config.AckWait = time.Second // so that steps come back soon
	if _, err := w.js.UpdateConsumer(t.Context(), w.names.Steps(), config); err != nil {
		t.Fatal(err)
	}
	var all []schema.Step
	for i := range 5 {
		all = append(all, step(fmt.Sprintf("beside-%d", i), "slow"))
	}
	w.send(append(all, step("poison", "deadly"))...)
	for i := range 5 {
		p := w.startReady("JOURNEYHOOK_PROVISION=false")
		waitFor(t, 60*time.Second, "a call for the step", func() bool { return len(w.endpoint.CallsFor("poison")) > i })
		p.Kill()
	}
	p := w.startReady("JOURNEYHOOK_PROVISION=false")
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
