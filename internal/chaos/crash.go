package main

import "time"

// Moments after a step's last event at which a crash can still make it come back: its ack is not
// confirmed yet, or was confirmed by a server that had not written it down.
const (
	ackTail     = time.Second
	natsAckTail = 5 * time.Second
	ackWait     = 30 * time.Second // of the product
	leastHold   = ackWait / 6      // what may be left of a hold: a longer stop may be a crash to everyone else
)

// crashes are the faults that can have made a call of the step repeat.
func (r *Record) crashes(s *Story) []Fault { return r.crashesUntil(s, s.end()) }

// crashesUntil are those that can have made the step come back after what happened to it until then.
func (r *Record) crashesUntil(s *Story, end time.Time) []Fault {
	var hits []Fault
	for _, f := range r.Faults {
		tail := ackTail
		if f.Kind == NATSKill || f.Kind == NATSAway {
			tail = natsAckTail
		}
		cut := s.Webhook == hookLong && (f.Kind == WorkerTerm || f.Kind == WorkerUpgrade) // and given back
		if (cut || r.crash(f) || s.stood(f)) && overlap(s.Tried, end.Add(tail), f.From, f.Until) {
			hits = append(hits, f)
		}
	}
	return hits
}

// crash reports whether a fault may repeat calls at all. A worker asked to stop ends cleanly, unless it
// could not store its results because NATS was away too.
func (r *Record) crash(f Fault) bool {
	switch f.Kind {
	case WorkerKill, NATSKill, NATSRestart, NATSAway:
		return true
	case WorkerStop, WorkerNap, LinkNATS, LinkNATSSilent:
		return f.Until.Add(f.Recovered).Sub(f.From) > leastHold
	case WorkerTerm, WorkerUpgrade:
		for _, other := range r.Faults {
			if r.hindersNATS(other, f.Target) && overlap(f.From, f.Until.Add(f.Recovered), other.From, other.Until.Add(other.Recovered)) {
				return true
			}
		}
	}
	return false
}

// still reports whether the fault's worker lived on and could not tell NATS that it did.
func (f Fault) still() bool {
	return f.stops() || f.Kind == LinkNATS || f.Kind == LinkNATSSilent
}

// hindersNATS reports whether a worker that ends during the fault may not be able to store its results.
func (r *Record) hindersNATS(f Fault, worker string) bool {
	switch f.Kind {
	case NATSKill, NATSRestart, NATSAway, NATSNode, NATSStepDown, NATSFull:
		return true
	case LinkNATS, LinkNATSSilent:
		return f.Target == worker
	}
	return false
}

// deleted reports whether the step's webhook was gone for a moment of its life.
func (r *Record) deleted(s *Story) bool {
	for _, f := range r.Faults {
		if f.Kind == WebhookRecreate && f.Target == s.Webhook && overlap(s.Tried, s.end(), f.From, f.Until) {
			return true
		}
	}
	return false
}

func overlap(a, b, c, d time.Time) bool { return !b.Before(c) && !d.Before(a) }
