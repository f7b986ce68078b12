package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// checkAfter: no call begins when the step's result is stored, be the step published again or be it found by a worker
// that stood still. A crash before the result may have made the step go on twice; one after it excuses nothing.
func checkAfter(r *Record, s *Story) string {
	if len(s.Results) == 0 {
		return ""
	}
	n, stored := 0, s.Results[0].At
	for _, c := range s.Calls {
		if c.At.After(stored.Add(tolerance)) && !r.split(s, c) {
			n++
		}
	}
	if n > 0 {
		return fmt.Sprintf("%d calls began after the result was stored", n)
	}
	return ""
}

// split reports whether a crash before the step's result, or before NATS had written down its ack, can have led to a
// call after it. A worker that was cut off or stood still makes no call of an attempt whose step ended meanwhile.
func (r *Record) split(s *Story, c Call) bool {
	ended := s.Results[0]
	by := slices.IndexFunc(s.Attempts, func(a schema.Attempt) bool {
		return !c.At.Before(begin(a).Add(-tolerance)) && !c.At.After(a.At.Add(tolerance))
	})
	return slices.ContainsFunc(r.crashesUntil(s, ended.At), func(f Fault) bool {
		woke := by >= 0 && f.still() && f.hit(s.Attempts[by].Worker) && begin(s.Attempts[by]).After(ended.At)
		return !woke || s.Attempts[by].Attempt > ended.Result.Attempts
	})
}

// begin is when an attempt began at its worker.
func begin(a schema.Attempt) time.Time {
	return a.At.Add(-time.Duration(a.TookMS * float64(time.Millisecond)))
}
