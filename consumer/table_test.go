package consumer_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/schema"
)

// verdictOf is the status table as written down for people: from, to, and what becomes of the user.
var verdictOf = []struct {
	from, to int
	what     string // continue, exit or retry
}{
	{100, 199, "exit"}, {200, 200, "continue"}, {201, 428, "exit"}, {429, 429, "retry"}, {430, 501, "exit"},
	{502, 504, "retry"}, {505, 599, "exit"},
}

// Every status on both tiles with every authentication, as a first attempt and as the last one.
func TestEveryStatus(t *testing.T) {
	t.Parallel()
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		status, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
		return answer(r, status, `{"a":1}`)
	})
	auths := []schema.AuthType{schema.AuthNone, schema.AuthBasic, schema.AuthOAuth2}
	for _, auth := range auths {
		b.hooks.set(hook(string(auth), func(w *schema.Webhook) { w.Method, w.Auth.Type = "GET", auth }))
	}
	type want struct {
		outcome  schema.Decision // "" when it is retried
		reason   schema.Reason
		status   int
		attempts int
	}
	expected, retried := map[string]want{}, 0
	for _, row := range verdictOf {
		for status := row.from; status <= row.to; status++ {
			for _, tile := range []schema.TileType{schema.CallWebhook, schema.UserProfile} {
				for _, auth := range auths {
					for _, attempt := range []int{1, 4} {
						s := step(fmt.Sprintf("%d-%s-%s-%d", status, tile, auth, attempt), string(auth))
						s.Tile.Type = tile
						s.Trigger.DataFields = json.RawMessage(fmt.Sprintf(`{"status":%d}`, status))
						w := want{schema.Exit, schema.ReasonStatus, status, attempt}
						switch {
						case row.what == "continue":
							w.outcome, w.reason = schema.Continue, schema.ReasonDelivered
						case status == 401 && auth == schema.AuthOAuth2:
							w.reason = schema.ReasonUnauthorized
						case row.what == "retry" && attempt == 4:
							w.reason = schema.ReasonRetriesExhausted
						case row.what == "retry":
							w.outcome = ""
							retried++
						}
						expected[s.ID] = w
						data, _ := json.Marshal(s)
						h := nats.Header{schema.HeaderAttempt: {strconv.Itoa(attempt)}}
						if err := b.nc.PublishMsg(&nats.Msg{Subject: b.names.StepSubject("acme", s.WebhookID), Data: data, Header: h}); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
	}
	results := b.results(len(expected)-retried, 60*time.Second)
	b.count(b.names.Retries(), retried, 10*time.Second)
	b.count(b.names.Steps(), 0, 10*time.Second)
	for id, w := range expected {
		r, there := results[id]
		if w.outcome == "" {
			if there {
				t.Errorf("%s: a result %s %s, want a retry", id, r.Outcome, r.Reason)
			}
			continue
		}
		if got := (want{r.Outcome, r.Reason, r.Status, r.Attempts}); got != w {
			t.Errorf("%s: %+v, want %+v", id, got, w)
		}
	}
	for _, msg := range b.all(b.names.Retries()) {
		if !strings.HasPrefix(msg.Subject, "journeyhook.retries.3m.") || msg.Header.Get(schema.HeaderAttempt) != "2" || msg.Header.Get(schema.HeaderDue) != "" {
			t.Errorf("B43: a retry waits as %s %v", msg.Subject, msg.Header)
		}
	}
}
