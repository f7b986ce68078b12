package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// made is an attempt by the record that its worker wrote before anything came of it, and by its call.
type made struct {
	number, status int
	next           schema.Next
	worker         string
	began          time.Time // no earlier than at the worker
	ended          time.Time // no later than at the worker
	answer         int       // of the endpoint to its call; 0 where there was none
	within         time.Duration
}

// recorded are a step's attempts by their records, in the order they began. It reports false when a call has no
// record: that was lost with its worker, or with NATS.
func (s *Story) recorded() (all []made, whole bool) {
	for _, a := range s.Attempts {
		took := time.Duration(a.TookMS * float64(time.Millisecond))
		all = append(all, made{number: a.Attempt, status: a.Status, next: a.Next, worker: a.Worker, began: a.At.Add(-took), ended: a.At})
	}
	slices.SortStableFunc(all, func(a, b made) int { return a.began.Compare(b.began) })
	calls := s.worked()
	slices.SortStableFunc(calls, func(a, b Call) int { return a.At.Compare(b.At) })
	seen := make([]bool, len(all))
	whole = true
	for _, c := range calls {
		i := 0
		for i < len(all) && (seen[i] || c.At.Before(all[i].began.Add(-tolerance)) || c.At.After(all[i].ended.Add(tolerance))) {
			i++
		}
		if i == len(all) {
			whole = false
			continue
		}
		seen[i], all[i].began, all[i].answer, all[i].within = true, c.At, c.Status, c.Ended.Sub(c.At)
		if c.Ended.Before(all[i].ended) {
			all[i].ended = c.Ended
		}
	}
	return all, whole
}

// during is how many attempts were made during a call, for requests of two that are refused at once are taken for one.
func (s *Story) during(c Call) (n int) {
	for _, a := range s.Attempts {
		if overlap(begin(a).Add(-tolerance), a.At.Add(tolerance), c.At, c.Ended) {
			n++
		}
	}
	return n
}

// numbers are the attempts by their numbers, from 1.
func numbers(all []made) [][]made {
	var by [][]made
	for _, m := range all {
		at := max(m.number, 1)
		for len(by) < at {
			by = append(by, nil)
		}
		by[at-1] = append(by[at-1], m)
	}
	return by
}

// exactly holds the number of attempts in a result against the records.
func (r *Record) exactly(s *Story, res Ending, all []made) string {
	by := numbers(all)
	twice, gap := false, false
	for _, same := range by {
		twice, gap = twice || len(same) > 1, gap || len(same) == 0
	}
	said, unseen := res.Result.Attempts, r.unseen(s)
	switch calls := len(s.worked()); {
	case len(all) > calls && !unseen:
		return fmt.Sprintf("%d attempts were recorded; %d calls came", len(all), calls)
	case gap && !unseen:
		return fmt.Sprintf("an attempt before attempt %d was not recorded", len(by))
	case said == len(by), said > len(by) && unseen, said < len(by) && twice: // the rest of a chain that a repeat overtook
		return ""
	case res.Reason == schema.ReasonWebhookDeleted && said == len(by)-1 && r.undone(all[len(all)-1], all[0].began, res.At):
		return ""
	}
	return fmt.Sprintf("the result says %d attempts; %d were recorded", said, len(by))
}

// unexcused counts the attempts that were made again though no crash hit the worker that had made them. A step
// that went on twice, since a repeat overtook it, may have made each later attempt twice as well.
func (r *Record) unexcused(s *Story, all []made) (n int) {
	split, since := 0, s.Tried
	for _, same := range numbers(all) {
		again := 0
		for i := 1; i < len(same); i++ {
			if !r.undone(same[i-1], since, same[i].began) {
				again++
			}
		}
		n += max(again-split, 0)
		split = max(len(same)-1, 0)
		if len(same) > 0 {
			since = firstEnd(same)
		}
	}
	return n
}

// lead is how long a worker may have had a message before its call.
const lead = 10 * time.Second

// undone reports whether a crash can have undone an attempt before it was made again: one of its worker, or of
// NATS, which may have forgotten what it had of the step since then.
func (r *Record) undone(m made, since, again time.Time) bool {
	return slices.ContainsFunc(r.Faults, func(f Fault) bool {
		from := since.Add(-natsAckTail)
		if f.PID != 0 {
			from = m.began.Add(-lead)
		}
		return f.hit(m.worker) && (r.crash(f) || m.answer == 0 && f.stops() && overlap(m.began, m.ended, f.From, f.Until)) && overlap(from, again, f.From, f.Until.Add(f.Recovered))
	})
}

// hit reports whether a fault hit the worker of a record.
func (f Fault) hit(worker string) bool {
	return f.PID == 0 || strings.HasSuffix(worker, fmt.Sprintf("-%d", f.PID))
}

// soon counts attempts that began sooner than the delay after an attempt before them had ended first.
func soon(all []made, delay time.Duration) (n int) {
	by := numbers(all)
	for i := 1; i < len(by); i++ {
		for _, m := range by[i] {
			if len(by[i-1]) > 0 && m.began.Sub(firstEnd(by[i-1])) < delay-tolerance {
				n++
			}
		}
	}
	return n
}

func firstEnd(same []made) time.Time {
	return slices.MinFunc(same, func(a, b made) int { return a.ended.Compare(b.ended) }).ended
}

// Judged is how many steps were judged by the records of all their calls, and so with no excuse.
type Judged struct {
	Steps   int
	Retried int // that had a wait
	Patient int // of the patient webhook, among these: their waits go through several lanes
}

func (r *Record) judged() (j Judged) {
	for _, s := range r.Stories {
		all, whole := s.recorded()
		if !whole || len(all) == 0 || len(s.Results) == 0 {
			continue
		}
		j.Steps++
		if len(numbers(all)) > 1 {
			j.Retried++
			if s.Webhook == hookPatient {
				j.Patient++
			}
		}
	}
	return j
}
