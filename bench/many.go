package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/schema"
)

// manyWebhooks lets two workers load 100,000, calls 2,000 of them and edits 50 of those a second; steps sent 200 ms
// after an edit must be called by the edited webhook, in whichever worker.
func manyWebhooks(r *runner) ([]row, error) {
	return r.with(func(s *stack) ([]row, error) {
		const n, inUse, edits, perSecond, length = 100_000, 2000, 50, 1000, 20 * time.Second
		if err := s.seed(n); err != nil {
			return nil, err
		}
		seen, err := s.watch()
		if err != nil {
			return nil, err
		}
		began := time.Now()
		if err := s.startWorkers(2); err != nil {
			return nil, err
		}
		ready := time.Since(began)
		if err := s.all(inUse, func(i int) error { return s.publish(fmt.Sprint("w", i)) }); err != nil { // so that their tiles are known
			return nil, err
		}
		time.Sleep(5 * time.Second)
		begun, before, sent := time.Now(), s.usage(), s.ended()
		e := editor{stack: s, inUse: inUse}
		if err := steadyFor(length, perSecond, func(i int) error {
			if i%(perSecond/edits) == 0 {
				return e.edit()
			}
			return s.publish(fmt.Sprint("w", i%inUse))
		}); err != nil {
			return nil, err
		}
		ended := time.Now()
		if err := e.calls.Wait(); err != nil {
			return nil, err
		}
		if err := s.done(time.Minute, "w"); err != nil {
			return nil, err
		}
		m := s.figures(s.ended()-sent, begun, before)
		m.Name = "100,000 webhooks, 50 edits a second, two workers"
		if m, err = s.latency(m, "w", begun, ended); err != nil {
			return nil, err
		}
		both, stale, err := e.seenBy(seen)
		m.Note = fmt.Sprintf("ready after %.1f s; %d edits, called by both workers: %d; calls that had not seen theirs after 200 ms: %d", ready.Seconds(), len(e.made), both, stale)
		return one(m, err)
	})
}

// editor edits webhooks under load.
type editor struct {
	*stack
	inUse int
	made  []edited
	calls errgroup.Group
}

// edited is a webhook's new revision, and the steps that must be called by it.
type edited struct {
	revision uint64
	steps    []string
}

// callsEach is how many steps follow an edit, so that most edits meet both workers.
const callsEach = 4

// edit changes a webhook, each time another one, and sends it steps 200 ms later.
func (e *editor) edit() error {
	hook := fmt.Sprint("w", len(e.made)*7%e.inUse)
	revision, err := e.save(hook, fmt.Sprint("/edited/", len(e.made)))
	if err != nil {
		return err
	}
	var steps []string
	for range callsEach {
		steps = append(steps, e.id(hook))
	}
	e.made = append(e.made, edited{revision, steps})
	e.calls.Go(func() error {
		time.Sleep(200 * time.Millisecond)
		for _, id := range steps {
			if err := e.publishAs(id, hook); err != nil {
				return err
			}
		}
		return nil
	})
	return nil
}

// seenBy counts the edits whose webhooks both workers called, and the calls by an older revision.
func (e *editor) seenBy(w *witness) (both, stale int, err error) {
	for _, made := range e.made {
		var calls []schema.Attempt
		if err := child.Until(context.Background(), 10*time.Second, "the attempt records of the edited webhooks", func() bool {
			calls = w.attempts(made.steps)
			return len(calls) == len(made.steps)
		}); err != nil {
			return 0, 0, err
		}
		workers := map[string]bool{}
		for _, c := range calls {
			workers[c.Worker] = true
			if c.Revision < made.revision {
				stale++
			}
		}
		if len(workers) > 1 {
			both++
		}
	}
	if both == 0 {
		return 0, 0, fmt.Errorf("one worker made all calls of each edited webhook")
	}
	return both, stale, nil
}

// seed writes webhooks w0 … straight into the bucket's stream.
func (s *stack) seed(n int) error {
	w := schema.NewWebhook()
	w.Project, w.Name, w.Method, w.Endpoint = "bench", "crm", "POST", s.endpoint+"/users/{{userId}}"
	w.Headers = []schema.Header{{Name: "X-Plan", Value: schema.PlainValue("{{plan}}")}}
	w.Body.JSON = `{"name":"{{firstName}}"}`
	return s.all(n, func(i int) error {
		w.ID = fmt.Sprint("w", i)
		w.Normalize()
		data, err := json.Marshal(w)
		if err != nil {
			return err
		}
		_, err = s.js.PublishAsync("$KV."+schema.Names{}.WebhooksBucket()+".bench."+w.ID, data, patient)
		return err
	})
}
