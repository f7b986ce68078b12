package consumer_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// A step that does not say when its user reached the tile is dated by when it came, on each attempt alike.
func TestAStepWithoutItsTimeIsDatedOnce(t *testing.T) {
	t.Parallel()
	dates := make(chan string, 2)
	b := setup(t, func(r *http.Request) (*http.Response, error) {
		dates <- r.Header.Get("X-Reached")
		if len(dates) == 1 {
			return answer(r, http.StatusServiceUnavailable, "")
		}
		return ok(r)
	})
	b.hooks.set(hook("crm", func(w *schema.Webhook) {
		w.Headers = []schema.Header{{Name: "X-Reached", Value: schema.PlainValue("{{now}}")}}
		w.Retry.Delay = schema.Duration(time.Second)
	}))
	s := step("s1", "crm")
	s.ReachedAt = time.Time{}
	sent := time.Now()
	b.send(s)
	b.results(1, 15*time.Second)
	first, second := <-dates, <-dates
	at, err := time.Parse(time.RFC3339Nano, first)
	if err != nil || at.Sub(sent).Abs() > 5*time.Second || first != second {
		t.Errorf("reached at %q, then %q (%v); it was sent at %s", first, second, err, sent)
	}
}
