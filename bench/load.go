package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/schema"
)

// load makes steps and notes their results.
type load struct {
	mu      sync.Mutex
	sent    map[string]time.Time
	results map[string]result // by step
	counts  map[string]int    // of results, by webhook
}

// result is what came of a step.
type result struct {
	at       time.Time
	took     time.Duration // from publish
	exit     bool
	attempts int
	revision uint64
}

func newLoad() load {
	return load{sent: map[string]time.Time{}, results: map[string]result{}, counts: map[string]int{}}
}

func (l *load) note(m *nats.Msg) {
	now := time.Now()
	var r schema.Result
	if json.Unmarshal(m.Data, &r) != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.sent[r.StepID]; ok {
		if _, again := l.results[r.StepID]; !again {
			l.counts[r.WebhookID]++
		}
		l.results[r.StepID] = result{now, now.Sub(at), r.Outcome == schema.Exit, r.Attempts, r.Revision}
	}
}

// publish sends a step without waiting; flush waits for all.
func (s *stack) publish(id, webhook string) error {
	return s.publishTo(schema.Names{}.StepSubject("bench", webhook), id, webhook, nats.Header{jetstream.MsgIDHeader: {"bench:" + id}})
}

func (s *stack) publishTo(subject, id, webhook string, header nats.Header) error {
	data := fmt.Appendf(nil, stepTemplate, id, webhook, time.Now().UTC().Format(time.RFC3339Nano))
	s.mu.Lock()
	s.sent[id] = time.Now()
	s.mu.Unlock()
	_, err := s.js.PublishMsgAsync(&nats.Msg{Subject: subject, Header: header, Data: data}, jetstream.WithStallWait(30*time.Second))
	return err
}

func (s *stack) flush() error {
	select {
	case <-s.js.PublishAsyncComplete():
		return nil
	case <-time.After(2 * time.Minute):
		return errors.New("the steps were not stored within 2 minutes")
	}
}

// many publishes n steps of one webhook, named <webhook>-<number>, and waits until they are stored.
func (s *stack) many(n int, webhook string) error {
	for i := range n {
		if err := s.publish(fmt.Sprint(webhook, "-", i), webhook); err != nil {
			return err
		}
	}
	return s.flush()
}

// steady calls f at a rate, with the number of the call.
func steady(perSecond int, length time.Duration, f func(i int) error) error {
	begun := time.Now()
	for i := 0; ; {
		elapsed := time.Since(begun)
		if elapsed >= length {
			return nil
		}
		for due := int(elapsed.Seconds() * float64(perSecond)); i < due; i++ {
			if err := f(i); err != nil {
				return err
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// done waits until n steps of these webhooks have results.
func (s *stack) done(n int, within time.Duration, hooks ...string) error {
	return child.Until(context.Background(), within, fmt.Sprintf("%d results of %s", n, hooks), func() bool { return s.count(hooks...) >= n })
}

// published counts the steps whose ids begin like this.
func (s *stack) published(prefix string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.sent {
		if strings.HasPrefix(id, prefix) {
			n++
		}
	}
	return n
}

func (s *stack) count(hooks ...string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range hooks {
		n += s.counts[h]
	}
	return n
}

// times are those of the steps whose ids begin like this and that were published between two times.
func (s *stack) times(prefix string, from, to time.Time) []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []time.Duration
	for id, r := range s.results {
		if sent := s.sent[id]; strings.HasPrefix(id, prefix) && !sent.Before(from) && sent.Before(to) {
			all = append(all, r.took)
		}
	}
	slices.Sort(all)
	return all
}

// latency fills the columns of a row with the times of steps published between two times.
func (s *stack) latency(r *row, prefix string, from, to time.Time) {
	all := s.times(prefix, from, to)
	if len(all) == 0 {
		return
	}
	at := func(p float64) float64 { return millis(all[min(int(p*float64(len(all))), len(all)-1)]) }
	r.P50, r.P99, r.Max = at(.5), at(.99), millis(all[len(all)-1])
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// stepTemplate is a step of about 1.1 KB: id, webhook, time.
const stepTemplate = `{"id":%q,"projectId":"bench","workflowId":1,"tile":{"id":"7","type":"callWebhook"},"webhookId":%q,` +
	`"user":{"email":"test.user@example.com","userId":"u_8f3a91","profile":{"firstName":"Pat","lastName":"O'Brien & Sons","city":"San Francisco",` +
	`"state":"California","plan":"gold","age":34,"lifetimeValue":1289.5,"isVip":true,"phoneNumber":"+14155550123","locale":"en_US",` +
	`"signupDate":"2024-02-29T13:45:10Z","company":"Example Industries","address":{"street":"1 Main St","zip":"02139","geo":{"lat":42.36,"lng":-71.09}},` +
	`"favorites":["red","green","blue"],"interests":["running","cooking","travel","music"],"preferences":{"newsletter":true,"sms":false,"frequency":"weekly"}}},` +
	`"trigger":{"type":"purchase","dataFields":{"orderId":10045,"total":149.95,"currency":"USD","coupon":null,"items":[{"sku":"A-1","name":"Shoe","price":29.99,"qty":2},` +
	`{"sku":"B-2","name":"Hat","price":15,"qty":1},{"sku":"C-3","name":"Bag","price":89.97,"qty":1}]}},"reachedAt":%q}`
