package consumer

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/journeyhook/journeyhook/schema"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	failed := func(reason schema.Reason, retryAfter time.Duration) schema.Outcome {
		return schema.Outcome{Verdict: schema.Failed, Reason: reason, Status: 503, RetryAfter: retryAfter, Detail: "why"}
	}
	hook := schema.NewWebhook()
	never := schema.NewWebhook()
	never.Retry.Max = 0
	for name, c := range map[string]struct {
		hook    *schema.Webhook
		out     schema.Outcome
		attempt int
		next    schema.Next
		reason  schema.Reason
		wait    time.Duration
	}{
		"B42: delivered":                                   {hook, schema.Outcome{Verdict: schema.Delivered}, 1, schema.NextContinue, schema.ReasonDelivered, 0},
		"delivered on the last retry":                      {hook, schema.Outcome{Verdict: schema.Delivered}, 4, schema.NextContinue, schema.ReasonDelivered, 0},
		"B47: refused":                                     {hook, schema.Outcome{Verdict: schema.Refused, Reason: schema.ReasonStatus}, 1, schema.NextExit, schema.ReasonStatus, 0},
		"B43: the call failed: again after 3 minutes":      {hook, failed(schema.ReasonStatus, 0), 1, schema.NextRetry, schema.ReasonStatus, 3 * time.Minute},
		"B51: the second retry failed: again":              {hook, failed(schema.ReasonTimeout, 0), 3, schema.NextRetry, schema.ReasonTimeout, 3 * time.Minute},
		"B52: the third retry failed: the user exits":      {hook, failed(schema.ReasonTimeout, 0), 4, schema.NextExit, schema.ReasonRetriesExhausted, 0},
		"C21: the endpoint asks for longer":                {hook, failed(schema.ReasonStatus, 10*time.Minute), 1, schema.NextRetry, schema.ReasonStatus, 10 * time.Minute},
		"C21: the endpoint asks for less":                  {hook, failed(schema.ReasonStatus, time.Second), 1, schema.NextRetry, schema.ReasonStatus, 3 * time.Minute},
		"C41: no retries: the only attempt failed":         {never, failed(schema.ReasonStatus, 0), 1, schema.NextExit, schema.ReasonRetriesExhausted, 0},
		"fewer retries than were made already: it is over": {never, failed(schema.ReasonStatus, 0), 3, schema.NextExit, schema.ReasonRetriesExhausted, 0},
	} {
		d := decide(c.hook, c.out, c.attempt)
		if d.next != c.next || d.reason != c.reason || d.wait != c.wait {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestAttemptsMade(t *testing.T) {
	t.Parallel()
	for reason, want := range map[schema.Reason]int{
		schema.ReasonDelivered: 3, schema.ReasonSkipped: 3, schema.ReasonInvalidURL: 3, schema.ReasonRenderFailed: 3,
		schema.ReasonWebhookDeleted: 2, schema.ReasonInvalidWebhook: 2, schema.ReasonInvalidStep: 2,
	} {
		if got := attemptsMade(reason, 3); got != want {
			t.Errorf("C33: %s in attempt 3: %d, want %d", reason, got, want)
		}
	}
}

// Going through lanes never makes a step early, always gets it there, and in few moves.
func TestLanesGetEveryWaitThere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wait := time.Duration(rapid.Int64Range(int64(time.Second), int64(24*time.Hour)).Draw(t, "wait"))
		now := time.Unix(1_000_000, 0)
		due := now.Add(wait)
		lane := schema.LaneFor(wait)
		carried := due
		if lane.Wait == wait {
			carried = time.Time{}
		}
		for moves := 1; ; moves++ {
			now = ready(lane, now, carried)
			if carried.IsZero() || !now.Before(carried) {
				break
			}
			lane = schema.LaneFor(carried.Sub(now))
			if moves > 60 {
				t.Fatalf("%s takes more than 60 moves", wait)
			}
		}
		if !now.Equal(due) {
			t.Fatalf("%s: attempted at %s, due at %s", wait, now, due)
		}
	})
}

func TestOneNotificationOfEachFailure(t *testing.T) {
	t.Parallel()
	exits := func(r schema.Reason) decision { return exit(r, "") }
	early := schema.Outcome{RejectedEarly: true}
	for name, c := range map[string]struct {
		d    decision
		out  schema.Outcome
		want []schema.Kind
	}{
		"a delivered step":                      {decision{next: schema.NextContinue}, schema.Outcome{}, nil},
		"a retried one":                         {decision{next: schema.NextRetry}, schema.Outcome{}, nil},
		"C26: a skipped one":                    {exits(schema.ReasonSkipped), schema.Outcome{}, nil},
		"B54: a status":                         {exits(schema.ReasonStatus), schema.Outcome{}, []schema.Kind{schema.KindWebhookFailing}},
		"no more retries":                       {exits(schema.ReasonRetriesExhausted), schema.Outcome{}, []schema.Kind{schema.KindWebhookFailing}},
		"B24: delivered with a new token":       {decision{next: schema.NextContinue}, early, []schema.Kind{schema.KindTokenRejectedEarly}},
		"B24: and then retried":                 {decision{next: schema.NextRetry}, early, []schema.Kind{schema.KindTokenRejectedEarly}},
		"unauthorized, refused early":           {exits(schema.ReasonUnauthorized), early, []schema.Kind{schema.KindTokenRejectedEarly}},
		"unauthorized":                          {exits(schema.ReasonUnauthorized), schema.Outcome{}, []schema.Kind{schema.KindWebhookFailing}},
		"a status, after one was refused early": {exits(schema.ReasonStatus), early, []schema.Kind{schema.KindTokenRejectedEarly, schema.KindWebhookFailing}},
		"no more retries, the last of them so":  {exits(schema.ReasonRetriesExhausted), early, []schema.Kind{schema.KindTokenRejectedEarly, schema.KindWebhookFailing}},
		"B25: no token":                         {exits(schema.ReasonTokenFailed), schema.Outcome{}, []schema.Kind{schema.KindTokenFailed}},
		"no token, after one was refused early": {exits(schema.ReasonTokenFailed), early, []schema.Kind{schema.KindTokenFailed}},
		"B62: no webhook":                       {exits(schema.ReasonWebhookDeleted), schema.Outcome{}, []schema.Kind{schema.KindWebhookMissing}},
		"an unusable webhook":                   {exits(schema.ReasonInvalidWebhook), schema.Outcome{}, []schema.Kind{schema.KindWebhookInvalid}},
		"C29: an unusable step":                 {exits(schema.ReasonInvalidStep), schema.Outcome{}, []schema.Kind{schema.KindUnreadableStep}},
	} {
		if got := kindsOf(c.d, c.out); !slices.Equal(got, c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
