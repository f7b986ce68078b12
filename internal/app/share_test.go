package app_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// Two worker processes share 10,000 steps, a tenth of them to an endpoint that fails twice; one worker
// is asked to stop in the middle. No step is lost or called once too often.
func TestTwoWorkersShareAndOneLeaves(t *testing.T) {
	t.Parallel()
	const steps = 10_000
	w := newWorld(t)
	w.save("steady", "POST", "/hooks/steady")
	w.save("flaky", "POST", "/fail/2/flaky", oneSecond)
	leaving, staying := w.startReady(), w.startReady()
	all := make([]schema.Step, steps)
	for i := range all {
		hook := "steady"
		if i%10 == 0 {
			hook = "flaky"
		}
		all[i] = step(fmt.Sprint(i), hook)
	}
	left := make(chan error, 1)
	go func() {
		for w.endpoint.Count() < steps/4 {
			time.Sleep(time.Millisecond)
		}
		left <- leaving.End(syscall.SIGTERM, 2*time.Minute)
	}()
	w.send(all...)
	results := w.results(steps, 90*time.Second)
	calls := map[string]int{}
	for _, c := range w.endpoint.Calls() {
		calls[c.Step()]++
	}
	for _, s := range all {
		want := 1
		if s.WebhookID == "flaky" {
			want = 3
		}
		r := results[s.ID]
		if r.Outcome != schema.Continue || r.Attempts != want || calls[s.ID] != want {
			t.Errorf("step %s on %s: %s, %d attempts, %d calls, want %d", s.ID, s.WebhookID, r.Outcome, r.Attempts, calls[s.ID], want)
		}
	}
	if err := <-left; err != nil {
		t.Errorf("the leaving worker: %v\n%s", err, leaving.output)
	}
	waitFor(t, 10*time.Second, "empty queues", func() bool { return w.messages(w.names.Steps()) == 0 && w.messages(w.names.Retries()) == 0 })
	if err := staying.End(syscall.SIGTERM, 30*time.Second); err != nil {
		t.Errorf("the staying worker: %v\n%s", err, staying.output)
	}
}

// A worker that is killed loses nothing: its steps are taken up within 60 seconds, under the same
// attempt number and the same Idempotency-Key.
func TestAKilledWorkersStepsAreTakenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save("slow", "POST", "/slow/2000")
	killed := w.startReady()
	var all []schema.Step
	for i := range 50 {
		all = append(all, step(fmt.Sprint(i), "slow"))
	}
	w.send(all...)
	waitFor(t, 10*time.Second, "calls under way", func() bool { return w.endpoint.Count() >= 50 })
	killed.Kill()
	at := time.Now()
	w.startReady()
	results := w.results(50, 70*time.Second)
	if took := time.Since(at); took > 60*time.Second {
		t.Errorf("it took %s", took)
	}
	for id, r := range results {
		if r.Attempts != 1 || r.Outcome != schema.Continue {
			t.Errorf("step %s: %+v", id, r)
		}
		if n := len(w.endpoint.CallsFor(id)); n > 2 {
			t.Errorf("step %s was called %d times for one crash", id, n)
		}
	}
}
