package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// guard is what happens to a run whose workers have a guard less (internal/sabotage).
type guard struct {
	breaks   string    // the rule that must be broken
	slowNATS int       // how much later everything from and to NATS arrives, in milliseconds, so that more is under way
	plan     []Planned // instead of the seed's
}

var guards = map[string]guard{
	"no-msg-id":        {ruleDouble, 100, often(Planned{Kind: LinkNATS, For: time.Second})},
	"ack-first":        {ruleLost, 0, often(Planned{Kind: WorkerKill})},
	"count-deliveries": {ruleAttempts, 0, nil},
	"no-heartbeats":    {ruleLost, 0, nil},
	// Steps whose results are stored and not acked when their workers die come back when their ids are forgotten.
	"no-past": {ruleDouble, 100, []Planned{
		{After: 10 * time.Second, Kind: WorkerKill, Target: 0, For: 2 * time.Second},
		{After: 10 * time.Second, Kind: WorkerKill, Target: 1, For: 2 * time.Second},
		{After: 10 * time.Second, Kind: WorkerKill, Target: 2, For: 2 * time.Second},
		{After: 11 * time.Second, Kind: NATSAway, For: longAway},
	}},
	// A producer repeats steps that a server has forgotten.
	"no-memory": {ruleAfter, 0, often(Planned{Kind: NATSRestart, For: time.Second})},
	// A new consumer delivers what others have under way.
	"no-renewal": {ruleCalls, 0, often(Planned{Kind: ConsumerDelete})},
	"no-mending": {ruleHealed, 0, []Planned{{After: 10 * time.Second, Kind: ConsumerDelete}}},
	// Whoever stands still finds that the time for its calls is over when it goes on, and their answers unread.
	"no-stalls": {ruleAnswered, 0, []Planned{
		{After: 5 * time.Second, Kind: WorkerStop, Target: 0, For: 12 * time.Second},
		{After: 15 * time.Second, Kind: WorkerStop, Target: 1, For: 12 * time.Second},
		{After: 25 * time.Second, Kind: WorkerStop, Target: 2, For: 12 * time.Second},
	}},
	// What a worker does when it wakes others did long ago.
	"no-hold-end": {ruleDouble, 100, []Planned{
		{After: 10 * time.Second, Kind: WorkerStop, Target: 0, For: longAway + ackWait},
		{After: 11 * time.Second, Kind: WorkerStop, Target: 1, For: longAway + ackWait},
	}},
}

// often is a plan of one kind of fault that hits one worker after the other.
func often(p Planned) (all []Planned) {
	for i := range 10 {
		p.After, p.Target = 4*time.Second*time.Duration(i+1), i
		all = append(all, p)
	}
	return all
}

func guardNames() string { return strings.Join(slices.Sorted(maps.Keys(guards)), ", ") }

// verdict of a run without a guard: what rests on it must be broken.
func verdict(stdout io.Writer, without string, violations []Violation) int {
	broken := map[string]int{}
	for _, v := range violations {
		broken[v.Rule]++
	}
	must := guards[without].breaks
	fmt.Fprintf(stdout, "without the guard %s: %v; %q must be broken\n", without, broken, must)
	if broken[must] == 0 {
		return 1
	}
	return 0
}
