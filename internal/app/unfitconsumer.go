package app

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// unfitConsumer is what a shared consumer that is there lacks.
func unfitConsumer(s Stores, stream string, have, want jetstream.ConsumerConfig) []unfit {
	var all []unfit
	add := func(breaks bool, setting string, is, must any, why, remedy string) {
		all = append(all, unfit{"consumer " + want.Durable + " of " + stream, setting, is, must, why, remedy, breaks})
	}
	edit := "change it with: nats consumer edit " + stream + " " + want.Durable + " "
	anew := "NATS can't change it: stop all workers, remove the consumer and make it as hookctl streams prints it"
	if have.AckPolicy != want.AckPolicy {
		add(true, "ack_policy", named(have.AckPolicy), named(want.AckPolicy), "since steps would count as done before they are", anew)
	}
	if have.DeliverPolicy != want.DeliverPolicy {
		add(true, "deliver_policy", named(have.DeliverPolicy), named(want.DeliverPolicy), "since steps that wait already would be passed over", anew)
	}
	switch {
	case len(have.BackOff) > 0:
		add(true, "backoff", have.BackOff, "none", "since it stands for the ack wait, which workers count on", anew)
	case have.AckWait < want.AckWait:
		add(true, "ack_wait", have.AckWait, want.AckWait, "since a step would be given to a second worker while the first one holds it", edit+"--wait "+want.AckWait.String())
	case have.AckWait > want.AckWait:
		add(have.AckWait > s.DuplicateWindow/2, "ack_wait", have.AckWait, want.AckWait, late(have.AckWait, s.DuplicateWindow), edit+"--wait "+want.AckWait.String())
	}
	if have.MaxDeliver > 0 {
		add(true, "max_deliver", have.MaxDeliver, -1, "since a step that was given back so often would be left without a result", edit+"--max-deliver -1")
	}
	if have.HeadersOnly {
		add(true, "headers_only", true, false, "since steps would come without their content", edit+"--no-headers-only")
	}
	if is, fits := filterFits(s, have, want); !fits {
		add(true, "filter_subject", is, orAll(want.FilterSubject), "since steps would be passed over, or taken for another lane's", edit+"--filter '"+want.FilterSubject+"'")
	}
	if have.MaxAckPending != want.MaxAckPending {
		add(false, "max_ack_pending", have.MaxAckPending, want.MaxAckPending, "since fewer steps than workers have room for would be under way, or more told to wait than a lane's head needs",
			edit+fmt.Sprint("--max-pending ", want.MaxAckPending))
	}
	if have.MemoryStorage {
		add(false, "mem_storage", true, false, "since a restart of NATS would deliver again what was under way", anew)
	}
	if have.InactiveThreshold > 0 {
		add(false, "inactive_threshold", have.InactiveThreshold, time.Duration(0), "since it would be removed while no worker runs, and steps wait until it is made again", anew)
	}
	return all
}

// late says what a long ack wait does.
func late(wait, window time.Duration) string {
	if wait > window/2 {
		return fmt.Sprintf("since a step comes back so late that the duplicate window (%s) no longer tells what was stored for it", window)
	}
	return "since the steps of a worker that died would wait for so long"
}

// filterFits reports whether a consumer delivers what it is for and nothing else, and what it has for a filter.
func filterFits(s Stores, have, want jetstream.ConsumerConfig) (is string, fits bool) {
	filter := have.FilterSubject
	switch len(have.FilterSubjects) {
	case 0:
	case 1:
		filter = have.FilterSubjects[0]
	default:
		return fmt.Sprint(have.FilterSubjects), false
	}
	if want.FilterSubject == "" {
		return orAll(filter), filter == "" || covers(filter, s.Names().StepSubject("*", "*"))
	}
	steps := strings.TrimSuffix(want.FilterSubject, ">") + "*.*" // of the lane
	return orAll(filter), covers(want.FilterSubject, filter) && covers(filter, steps)
}

func orAll(filter string) string {
	if filter == "" {
		return "none"
	}
	return filter
}
