package consumer

// The guards that can be taken away.
const (
	withoutIDs     = "no-msg-id"        // nothing that is published has an id
	ackFirst       = "ack-first"        // a step is acked before its call
	byDeliveries   = "count-deliveries" // the attempt's number is how often the message was delivered
	withoutBeats   = "no-heartbeats"    // a long call's message comes back during it
	withoutPast    = "no-past"          // nobody looks for what became of a step that comes back
	withoutMemory  = "no-memory"        // nobody minds that a server that began anew has forgotten things
	withoutRenewal = "no-renewal"       // nobody minds that a consumer was made anew
	withoutHoldEnd = "no-hold-end"      // a worker stores results of messages that are another's by now
)
