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
		if r.killsNATS(f) {
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
	case WorkerKill, NATSKill, NATSRestart, NATSAway, NATSLag:
		return true
	case NATSNode:
		return r.killsNATS(f)
	case WorkerStop, WorkerNap, LinkNATS, LinkNATSSilent, LinkNATSUp, LinkNATSDown, LinkNATSLate, NATSRoute:
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
	return f.stops() || f.Kind.cutsNATS()
}

// cutsNATS reports whether a worker's way to NATS is hurt.
func (k Kind) cutsNATS() bool {
	switch k {
	case LinkNATS, LinkNATSSilent, LinkNATSUp, LinkNATSDown, LinkNATSLate:
		return true
	}
	return false
}

// killsNATS reports whether a server was killed that nobody else stood in for, so that what it had not written down is
// forgotten.
func (r *Record) killsNATS(f Fault) bool {
	switch f.Kind {
	case NATSKill, NATSAway, NATSLag:
		return true
	case NATSNode:
		return r.Run.copies() == 1
	}
	return false
}

// hindersNATS reports whether a worker that ends during the fault may not be able to store its results.
func (r *Record) hindersNATS(f Fault, worker string) bool {
	switch f.Kind {
	case NATSKill, NATSRestart, NATSAway, NATSLag, NATSNode, NATSStepDown, NATSFull, NATSRoute:
		return true
	}
	return f.Kind.cutsNATS() && f.Target == worker
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
