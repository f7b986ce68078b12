package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// Violation is a promise that was not kept. Story is nil when it is about the whole run.
type Violation struct {
	Rule  string
	What  string
	Story *Story
}

// The rules, as the table names them.
const (
	ruleLost      = "lost"
	ruleDouble    = "double result"
	ruleStranger  = "result of an unknown step"
	ruleOutcome   = "outcome"
	ruleAttempts  = "attempts"
	ruleCalls     = "calls"
	ruleEarly     = "early retry"
	ruleAfter     = "call after the result"
	ruleProfile   = "profile update"
	ruleLeft      = "left in a queue"
	ruleDead      = "dead letter"
	ruleTokens    = "token requests"
	ruleMemory    = "memory"
	ruleLimits    = "limits"
	ruleAnswered  = "answered in time"
	ruleHealed    = "healed"
	ruleNotices   = "notifications"
	ruleMachinery = "machinery"
	ruleReach     = "reach" // of the run: what it did not meet it did not judge
)

// rules look at one step each and say what is wrong, "" when nothing is.
var rules = []struct {
	name string
	look func(*Record, *Story) string
}{
	{ruleStranger, checkStranger},
	{ruleLost, checkLost},
	{ruleDouble, checkDouble},
	{ruleOutcome, checkOutcome},
	{ruleAttempts, checkAttempts},
	{ruleCalls, checkCalls},
	{ruleEarly, checkEarly},
	{ruleAfter, checkAfter},
	{ruleAnswered, checkAnswered},
	{ruleProfile, checkProfile},
}

// check is pure: it holds a record against the promises.
func check(r *Record) []Violation {
	var all []Violation
	for _, id := range slices.Sorted(maps.Keys(r.Stories)) {
		for _, rule := range rules {
			if what := rule.look(r, r.Stories[id]); what != "" {
				all = append(all, Violation{rule.name, what, r.Stories[id]})
			}
		}
	}
	whole := func(rule, format string, args ...any) {
		all = append(all, Violation{Rule: rule, What: fmt.Sprintf(format, args...)})
	}
	for _, queue := range slices.Sorted(maps.Keys(r.Left)) {
		if n := r.Left[queue]; n > 0 {
			whole(ruleLeft, "%d messages in %s", n, queue)
		}
	}
	if killed := func(f Fault) bool { return r.killsNATS(f) || f.Kind == NATSNode }; r.Remains > 0 && !(r.Run.short() && slices.ContainsFunc(r.Faults, killed)) {
		whole(ruleLeft, "%d messages remain that nobody will be given, and no worker removed them", r.Remains)
	}
	if r.Dead > 0 {
		whole(ruleDead, "%d readable steps were buried", r.Dead)
	}
	if r.TokenRequests > r.TokenLimit {
		whole(ruleTokens, "%d token requests; revocations, restarts and losses of Redis need at most %d", r.TokenRequests, r.TokenLimit)
	}
	if most := r.Run.memory(); r.PeakMB > most {
		whole(ruleMemory, "a worker needed %.3f MB; %.0f must do", r.PeakMB, most)
	}
	if second, atOnce := r.crowd(hookLimited); second > limitSlack*limitedRate || atOnce > limitSlack*limitedCalls {
		whole(ruleLimits, "%d calls of %s began within a second and %d were under way at once; its limits are %d and %d", second, hookLimited, atOnce, limitedRate, limitedCalls)
	}
	wrong, _ := checkNotices(r)
	for _, what := range wrong {
		whole(ruleNotices, "%s", what)
	}
	for _, t := range r.Trouble {
		whole(ruleMachinery, "%s", t)
	}
	for _, f := range r.Faults {
		if what := healing(f); what != "" {
			whole(ruleHealed, "%s", what)
		}
		if f.Recovered < 0 {
			whole(ruleMachinery, "%s of %s at %s: it did not come back", f.Kind, f.Target, f.From.Format("15:04:05.000"))
		}
	}
	return all
}

func checkStranger(_ *Record, s *Story) string {
	if s.Webhook == "" {
		return "nobody published this step"
	}
	return ""
}

func checkLost(_ *Record, s *Story) string {
	if !s.Acked.IsZero() && len(s.Results) == 0 {
		return "stored, and no result"
	}
	return ""
}

func checkDouble(_ *Record, s *Story) string {
	if n := len(s.Results); n > 1 {
		return fmt.Sprintf("%d results", n)
	}
	return ""
}

// checkOutcome holds results against what the endpoint answered, and against the record of the attempt that ended
// the step. An answer may be lost on its way to a worker that dies, so where records are missing only a step without
// a crash must end with what came last.
func checkOutcome(r *Record, s *Story) string {
	calls := s.worked()
	all, whole := s.recorded()
	for _, res := range s.Results {
		answered := func(ok func(status int) bool) (n int) {
			for _, c := range calls {
				if ok(c.Status) {
					n++
				}
			}
			return n
		}
		switch res.Reason {
		case schema.ReasonDelivered:
			if res.Outcome != schema.Continue || answered(func(status int) bool { return status == 200 }) == 0 {
				return "delivered, and no call was answered 200"
			}
		case schema.ReasonStatus:
			if res.Outcome != schema.Exit || failing(res.Status) || answered(func(status int) bool { return status == res.Status }) == 0 {
				return fmt.Sprintf("exit for status %d, which no call was answered with", res.Status)
			}
		case schema.ReasonRetriesExhausted:
			if res.Outcome != schema.Exit || answered(failing) < maxAttempts && !r.unseen(s) {
				return "retries exhausted, and not enough calls failed"
			}
		case schema.ReasonWebhookDeleted:
			if res.Outcome != schema.Exit || !r.deleted(s) {
				return "webhook_deleted, and it was there all the time"
			}
			continue
		default:
			return fmt.Sprintf("reason %s: nothing here leads to it", res.Reason)
		}
		if n := len(calls); n > 0 && calls[n-1].Status == 200 && res.Reason != schema.ReasonDelivered && !r.unseen(s) && (whole || len(r.crashes(s)) == 0) {
			return fmt.Sprintf("%s, and the last call was answered 200", res.Reason)
		}
		if whole && !r.unseen(s) && !slices.ContainsFunc(all, func(m made) bool {
			return m.number == res.Result.Attempts && m.status == res.Status && string(m.next) == string(res.Outcome)
		}) {
			return fmt.Sprintf("%s, and no attempt was recorded that ended so", res.Reason)
		}
	}
	return ""
}

// unseen reports whether calls of the step can have failed on their way to the endpoint, which then did
// not see them. That a worker stood still is no reason: what it could not judge in time it makes again.
func (r *Record) unseen(s *Story) bool {
	return s.Webhook == hookCuts || s.Webhook == hookFar && slices.ContainsFunc(r.Faults, func(f Fault) bool {
		return (f.Kind == LinkEndpoint || f.Kind == LinkReset) && overlap(s.Tried, s.end(), f.From, f.Until)
	})
}

// maxAttempts of every webhook here: one, and three retries.
const maxAttempts = 4

// failing reports whether an answer leads to a retry; 0 is no answer.
func failing(status int) bool {
	return status == 0 || status == 429 || status >= 502 && status <= 504
}

// checkAttempts: as many attempts as were recorded. Where records are missing: as many as calls, but for calls a
// crash repeated.
func checkAttempts(r *Record, s *Story) string {
	all, whole := s.recorded()
	for _, res := range s.Results {
		if whole {
			if what := r.exactly(s, res, all); what != "" {
				return what
			}
			continue
		}
		calls, attempts := len(s.worked()), res.Result.Attempts
		if attempts > calls && !r.unseen(s) {
			return fmt.Sprintf("the result says %d attempts; %d calls came", attempts, calls)
		}
		if attempts < calls && len(r.crashes(s)) == 0 {
			return fmt.Sprintf("the result says %d attempts; %d calls came and nothing crashed", attempts, calls)
		}
		for _, a := range s.Attempts {
			if a.Attempt > attempts && len(r.crashes(s)) == 0 {
				return fmt.Sprintf("the result says %d attempts; attempt %d was recorded", attempts, a.Attempt)
			}
		}
	}
	return ""
}

// checkCalls: an attempt is made again only when a crash hit the worker that made it. Where records are missing: at
// most one call more than attempts for each crash that can have hit the step. Within an attempt a request is sent
// once more, at most, and only where the endpoint said that it did not process it (C48).
func checkCalls(r *Record, s *Story) string {
	for _, c := range s.Calls {
		if c.Repeats > 2*max(s.during(c), 1)-1 {
			return fmt.Sprintf("a request was sent %d times within an attempt", 1+c.Repeats)
		}
	}
	if all, whole := s.recorded(); whole {
		if n := r.unexcused(s, all); n > 0 {
			return fmt.Sprintf("%d calls repeated, and no crash hit the worker that had made them", n)
		}
		return ""
	}
	if extra := s.repeated(); extra > 0 {
		if n := len(r.crashes(s)); extra > n {
			return fmt.Sprintf("%d calls repeated, and %d crashes could have hit the step", extra, n)
		}
	}
	return ""
}

// repeated is how many calls there were beyond the attempts made. Where a repeated attempt ended the step,
// a later attempt that waited in a lane already is made all the same, and counts.
func (s *Story) repeated() int {
	if len(s.Results) == 0 {
		return 0
	}
	made := s.Results[0].Result.Attempts
	for _, a := range s.Attempts {
		made = max(made, a.Attempt)
	}
	return max(len(s.worked())-made, 0)
}

// tolerance is how much later than the worker the endpoint may note that it has answered.
const tolerance = 100 * time.Millisecond

// checkEarly: the next attempt begins at least the delay after the end of the failed one, by clocks that differ. Where records are missing,
// calls of a step that was taken up again after a crash may come at any time, one per crash.
func checkEarly(r *Record, s *Story) string {
	delay := r.Run.delay(s.Webhook) - r.Run.spread()
	if all, whole := s.recorded(); whole {
		if n := soon(all, delay); n > 0 {
			return fmt.Sprintf("%d attempts began sooner than %s after a failed one", n, delay)
		}
		return ""
	}
	if n := s.early(delay); n > 0 && n > len(r.crashes(s)) {
		return fmt.Sprintf("%d calls came sooner than %s after a failed one", n, delay)
	}
	return ""
}

func (s *Story) early(delay time.Duration) (n int) {
	calls := s.worked()
	for i := 1; i < len(calls); i++ {
		if calls[i].At.Sub(calls[i-1].Ended) < delay-tolerance {
			n++
		}
	}
	return n
}

// checkProfile: a delivered profile step has one update, stored before its result.
func checkProfile(_ *Record, s *Story) string {
	if s.Webhook != hookProfile || len(s.Results) == 0 || s.Results[0].Reason != schema.ReasonDelivered {
		return ""
	}
	switch n := len(s.Profiles); {
	case n != 1:
		return fmt.Sprintf("%d profile updates", n)
	case s.Profiles[0].After(s.Results[0].At):
		return "stored after the result"
	}
	return ""
}
