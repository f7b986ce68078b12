package main

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// Record is everything a run saw, and all that [check] looks at.
type Record struct {
	Run     options
	Stories map[string]*Story
	Faults  []Fault
	Trouble []string // of the machinery: a worker that ended by itself, a part that did not come back

	Notices []Notice

	Piled         int               // most messages in the backlog, while many webhooks were paused
	Left          map[string]uint64 // messages by queue, at the end
	Remains       uint64            // messages that were acked, and that a killed server kept all the same
	Dead          uint64
	TokenRequests int
	TokenLimit    int
	Took          time.Duration // the drain
	Moves         int           // of steps to a lane or the backlog
	PeakMB        float64       // the most resident memory a worker ever had, in 10^6 bytes
}

// add puts another run's record to this one's. Their steps have different ids.
func (r *Record) add(o *Record) {
	maps.Copy(r.Stories, o.Stories)
	r.Faults, r.Trouble = append(r.Faults, o.Faults...), append(r.Trouble, o.Trouble...)
	for queue, n := range o.Left {
		r.Left[queue] += n
	}
	r.Dead, r.Remains = r.Dead+o.Dead, r.Remains+o.Remains
	r.TokenRequests, r.TokenLimit = r.TokenRequests+o.TokenRequests, r.TokenLimit+o.TokenLimit
	r.Notices = append(r.Notices, o.Notices...)
	r.Piled = max(r.Piled, o.Piled)
	r.Took, r.Moves = max(r.Took, o.Took), r.Moves+o.Moves
	r.PeakMB = max(r.PeakMB, o.PeakMB)
}

// Story is what became of one step.
type Story struct {
	ID, Webhook string
	Tried       time.Time // first publish
	Acked       time.Time // zero when it never was
	Calls       []Call
	Attempts    []schema.Attempt
	Results     []Ending
	Profiles    []time.Time // of its profile updates, when stored
	Again       []time.Time // when the producer sent it once more
	Kept        []string    // its messages that queues still have at the end
}

// Call is one request at the endpoint.
type Call struct {
	At, Ended time.Time
	Path      string
	Status    int // 0 when the connection was closed without an answer

	Refused bool // the endpoint said of its last request that it was not processed
	Late    bool // it said so before it had read the request, and the worker may have sent it again by then
	Repeats int  // requests after such a one
}

// called adds a request: to the last call where one of both was refused just now, for a worker may then send it again.
func (s *Story) called(c Call) {
	n := len(s.Calls)
	if n == 0 || c.At.Sub(s.Calls[n-1].Ended) >= repeatWithin {
		s.Calls = append(s.Calls, c)
		return
	}
	switch last := &s.Calls[n-1]; {
	case last.Refused:
		c.At, c.Repeats = last.At, last.Repeats+1
		*last = c
	case c.Late:
		last.Repeats++
	default:
		s.Calls = append(s.Calls, c)
	}
}

// repeatWithin is shorter than any wait for a retry.
const repeatWithin = 800 * time.Millisecond

// Ending is a result and when it was stored.
type Ending struct {
	schema.Result
	At time.Time
}

// Fault is a fault that was made.
type Fault struct {
	Kind      Kind
	Target    string
	PID       int // of the one process that was hit; 0 when it was every worker, or none
	From      time.Time
	Until     time.Time     // the part was started or restored
	Lag       time.Duration // how long the oldest step had waited in STEPS when NATS was killed
	Recovered time.Duration // from Until until it did its work again; negative when it never did
}

// worked are the calls without those that a fresh token was fetched for (they belong to one attempt).
func (s *Story) worked() []Call {
	var calls []Call
	for _, c := range s.Calls {
		if c.Status != 401 {
			calls = append(calls, c)
		}
	}
	return calls
}

// end is the last moment the step was seen.
func (s *Story) end() time.Time {
	last := s.Tried
	for _, c := range s.Calls {
		last = later(last, c.Ended)
	}
	for _, r := range s.Results {
		last = later(last, r.At)
	}
	return last
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// tell is the story, a line per event, times from the first publish.
func (s *Story) tell() string {
	var b strings.Builder
	since := func(t time.Time) string { return t.Sub(s.Tried).Round(time.Millisecond).String() }
	fmt.Fprintf(&b, "      step %s of %s, published %s", s.ID, s.Webhook, s.Tried.Format("15:04:05.000"))
	if !s.Acked.IsZero() {
		fmt.Fprintf(&b, ", stored +%s", since(s.Acked))
	}
	for _, at := range s.Again {
		fmt.Fprintf(&b, "\n      +%-9s published again", since(at))
	}
	for _, c := range s.Calls {
		fmt.Fprintf(&b, "\n      +%-9s call %s, answered %d +%s", since(c.At), c.Path, c.Status, since(c.Ended))
		if c.Repeats > 0 {
			fmt.Fprintf(&b, ", sent %d times", 1+c.Repeats)
		}
	}
	for _, a := range s.Attempts {
		fmt.Fprintf(&b, "\n      +%-9s attempt %d by %s: %d %s, next %s", since(a.At), a.Attempt, a.Worker, a.Status, a.Reason, a.Next)
	}
	for _, p := range s.Profiles {
		fmt.Fprintf(&b, "\n      +%-9s profile update", since(p))
	}
	for _, r := range s.Results {
		fmt.Fprintf(&b, "\n      +%-9s result %s %s, status %d, attempts %d", since(r.At), r.Outcome, r.Reason, r.Status, r.Result.Attempts)
	}
	for _, k := range s.Kept {
		fmt.Fprintf(&b, "\n      still there: %s", k)
	}
	return b.String()
}
