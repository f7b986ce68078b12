package main

import (
	"fmt"
	"slices"

	"github.com/journeyhook/journeyhook/schema"
)

// unreached says what a run was to meet and did not: a rule that judges nothing holds.
func (r *Record) unreached() (all []Violation) {
	missed := func(format string, args ...any) {
		all = append(all, Violation{Rule: ruleReach, What: fmt.Sprintf(format, args...)})
	}
	planned, made := map[Kind]int{}, counted(r.Faults)
	for _, p := range r.Run.plan() {
		planned[p.Kind]++
	}
	for _, k := range kinds {
		if made[k] < planned[k] {
			missed("%d faults %s were planned, and %d made", planned[k], k, made[k])
		}
	}
	ended := map[string]int{}
	for _, s := range r.Stories {
		if len(s.Results) > 0 {
			ended[s.Webhook]++
		}
	}
	for _, h := range r.Run.hooks() {
		if ended[h.id] == 0 {
			missed("no step of %s has a result", h.id)
		}
	}
	if r.Moves == 0 {
		missed("no step moved to a lane or the backlog")
	}
	if made[NATSLag] > 0 && !slices.ContainsFunc(r.Faults, func(f Fault) bool { return f.Lag >= lagLeast }) {
		missed("no step had waited in STEPS for %s when NATS was killed", lagLeast)
	}
	if r.Piled < r.Run.many {
		missed("%d webhooks were to have a backlog at once; it had %d messages", r.Run.many, r.Piled)
	}
	if _, judged := checkNotices(r); judged == 0 && r.Run.length >= longPlan && !r.Run.away {
		missed("no window of a notification was judged by its count")
	}
	deleted := func(f Fault) bool { return f.Kind == ConsumerDelete && f.Target == schema.StepsConsumer }
	if made[ConsumerDelete] > 0 && r.Run.length >= longPlan && !slices.ContainsFunc(r.Faults, deleted) {
		missed("the consumer of STEPS was not deleted")
	}
	again := r.published()
	if again.Ended == 0 {
		missed("no step was published again after its result")
	}
	if again.Restarts == 0 && made[NATSKill]+made[NATSRestart]+made[NATSLag] > 0 {
		missed("no step that had ended was published again after NATS was started anew")
	}
	j := r.judged()
	if j.Steps == 0 {
		missed("no step was judged by the records of its attempts")
	}
	if j.Retried == 0 {
		missed("no wait was judged by the records of its attempts")
	}
	if j.Patient == 0 && !r.Run.short() { // a short run has a few of them, and a fault may cost their records
		missed("no wait through several lanes was judged by the records of its attempts")
	}
	return all
}
