package consumer_test

import (
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/schema"
)

func TestDecideForTestSends(t *testing.T) {
	t.Parallel()
	w := schema.NewWebhook()
	failed := schema.Outcome{Verdict: schema.Failed, Reason: schema.ReasonStatus, Status: 503, Detail: "busy"}
	for name, c := range map[string]struct {
		out     schema.Outcome
		attempt int
		want    consumer.Decision
	}{
		"a first failure is tried again":  {failed, 1, consumer.Decision{Next: schema.NextRetry, Reason: schema.ReasonStatus, Wait: 3 * time.Minute, Attempts: 1, Detail: "busy"}},
		"the third retry fails":           {failed, 4, consumer.Decision{Next: schema.NextExit, Reason: schema.ReasonRetriesExhausted, Attempts: 4, Detail: "all 4 attempts failed; the last: busy"}},
		"an unusable webhook counts none": {schema.Outcome{Reason: schema.ReasonInvalidWebhook}, 1, consumer.Decision{Next: schema.NextExit, Reason: schema.ReasonInvalidWebhook}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := consumer.Decide(w, c.out, c.attempt); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
