package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/schema"
)

// manyWebhooks loads 100,000, calls 2,000 of them and edits 50 of those a second; a step sent 200 ms after an
// edit must be called by the edited webhook.
func manyWebhooks(r *runner) ([]row, error) {
	const n, inUse, edits, length = 100_000, 2000, 50, 20 * time.Second
	m, err := r.with(func(s *stack) (row, error) {
		if err := s.seed(n); err != nil {
			return row{}, err
		}
		began := time.Now()
		if err := s.startWorkers(1); err != nil {
			return row{}, err
		}
		ready := time.Since(began)
		for i := range inUse { // so that their tiles are known
			h := fmt.Sprint("w", i)
			if err := s.publish(fmt.Sprint(h, "-first-", i), h); err != nil {
				return row{}, err
			}
		}
		time.Sleep(5 * time.Second)
		begun, before := time.Now(), s.usage()
		type edit struct {
			step     string
			revision uint64
		}
		var all []edit
		next := 0
		if err := steady(1000, length, func(i int) error {
			if i%(1000/edits) != 0 {
				h := fmt.Sprint("w", i%inUse)
				return s.publish(fmt.Sprint(h, "-", i), h)
			}
			h := fmt.Sprint("w", next*7%inUse)
			next++
			if err := s.hook(h, fmt.Sprint("/edited/", i)); err != nil {
				return err
			}
			entry, err := s.kv.Get(context.Background(), "bench."+h)
			if err != nil {
				return err
			}
			id := fmt.Sprint(h, "-edited-", i)
			all = append(all, edit{id, entry.Revision()})
			time.AfterFunc(200*time.Millisecond, func() { _ = s.publish(id, h) })
			return nil
		}); err != nil {
			return row{}, err
		}
		seen := func() (done, stale int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, e := range all {
				if got, ok := s.results[e.step]; ok {
					done++
					if got.revision < e.revision {
						stale++
					}
				}
			}
			return done, stale
		}
		if err := child.Until(context.Background(), time.Minute, "the edited webhooks were called", func() bool { done, _ := seen(); return done == len(all) }); err != nil {
			return row{}, err
		}
		_, stale := seen()
		m := s.figures(1000*int(length.Seconds()), begun, before)
		m.Name, m.PerSecond = "100,000 webhooks, 50 edits a second, 950 steps/s", 1000
		s.latency(&m, "w", begun, time.Now())
		m.Note = fmt.Sprintf("ready after %.1f s; %d edits, %d not seen after 200 ms", ready.Seconds(), len(all), stale)
		return m, nil
	})
	return []row{m}, err
}

// seed writes webhooks w0 … straight into the bucket's stream.
func (s *stack) seed(n int) error {
	w := schema.NewWebhook()
	w.Project, w.Name, w.Method, w.Endpoint = "bench", "crm", "POST", s.endpoint+"/users/{{userId}}"
	w.Headers = []schema.Header{{Name: "X-Plan", Value: schema.PlainValue("{{plan}}")}}
	w.Body.JSON = `{"name":"{{firstName}}"}`
	for i := range n {
		w.ID = fmt.Sprint("w", i)
		w.Normalize()
		data, err := json.Marshal(w)
		if err != nil {
			return err
		}
		if _, err := s.js.PublishAsync("$KV."+schema.Names{}.WebhooksBucket()+".bench."+w.ID, data); err != nil {
			return err
		}
	}
	select {
	case <-s.js.PublishAsyncComplete():
		return nil
	case <-time.After(2 * time.Minute):
		return errors.New("the webhooks were not stored within 2 minutes")
	}
}
