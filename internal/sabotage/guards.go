// Package sabotage takes a guard away from a program that was built with -tags sabotage, so that a rehearsal of faults can
// show that it would see the guard missing. The variable SABOTAGE names it.
package sabotage

// The guards that can be taken away.
const (
	NoIDs      = "no-msg-id"        // nothing that is published has an id
	AckFirst   = "ack-first"        // a step is acked before its call
	Deliveries = "count-deliveries" // the attempt's number is how often the message was delivered
	NoBeats    = "no-heartbeats"    // a long call's message comes back during it
	NoPast     = "no-past"          // nobody looks for what became of a step that comes back
	NoMemory   = "no-memory"        // nobody minds that a server that began anew has forgotten things
	NoRenewal  = "no-renewal"       // nobody minds that a consumer was made anew
	NoMending  = "no-mending"       // nobody makes a consumer anew that was deleted
	NoHoldEnd  = "no-hold-end"      // a worker stores results of messages that are another's by now
	NoStalls   = "no-stalls"        // time in which the process stood still counts for timeouts
)
