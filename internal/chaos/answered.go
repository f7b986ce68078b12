package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// checkAnswered: an attempt whose call was answered in time never counts as one without an answer, also where its worker
// stood still meanwhile and looked at the answer later. Nobody may exit for that.
func checkAnswered(r *Record, s *Story) string {
	if r.unseen(s) {
		return ""
	}
	all, _ := s.recorded()
	for _, m := range all {
		if m.status == 0 && m.answer != 0 && m.within < r.Run.timeout(s.Webhook)-tolerance {
			return fmt.Sprintf("attempt %d counts as one without an answer; it was answered %d after %s", m.number, m.answer, m.within.Round(time.Millisecond))
		}
	}
	return ""
}

// join makes one call of a request that was refused and of the one that its attempt sent for it, however long a busy
// worker took for that: both within the record of one attempt, or, where records are missing, as soon as a worker stood
// still no more. An attempt that sent it twice already sends it no more.
func (s *Story) join(faults []Fault) {
	for i := len(s.Calls) - 1; i > 0; i-- {
		first, next := s.Calls[i-1], s.Calls[i]
		if first.Refused && first.Repeats == 0 && next.Repeats == 0 && (s.oneAttempt(first, next) || woken(first, next, faults)) {
			next.At, next.Repeats = first.At, 1
			s.Calls = append(s.Calls[:i-1], s.Calls[i:]...)
			s.Calls[i-1] = next
		}
	}
}

// oneAttempt reports whether two requests lie within the record of one attempt.
func (s *Story) oneAttempt(first, next Call) bool {
	return slices.ContainsFunc(s.Attempts, func(a schema.Attempt) bool {
		return !first.At.Before(begin(a).Add(-tolerance)) && !next.Ended.After(a.At.Add(tolerance))
	})
}

// woken reports whether a worker that stood still after the first request sent the next one at once when it went on.
func woken(first, next Call, faults []Fault) bool {
	return slices.ContainsFunc(faults, func(f Fault) bool {
		woke := next.At.Sub(f.Until)
		return f.stops() && overlap(first.At, first.Ended.Add(repeatWithin), f.From, f.Until) && woke > -tolerance && woke < repeatWithin
	})
}

// stops reports whether the fault stands a worker still.
func (f Fault) stops() bool { return f.Kind == WorkerStop || f.Kind == WorkerNap }

// stood reports whether a worker stood still during a call of the step that was not answered. Whether its time was over
// can't be known then, and what can't be known is done again.
func (s *Story) stood(f Fault) bool {
	for _, c := range s.Calls {
		if c.Status == 0 && f.stops() && overlap(c.At, c.Ended, f.From, f.Until) {
			return true
		}
	}
	return false
}
