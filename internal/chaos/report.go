package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// shown is how many violations of one rule are told whole.
const shown = 3

// lateAfter is when a result is called late; no webhook here but a paused one needs as long.
const lateAfter = 10 * time.Second

// report prints the table, and the stories behind what went wrong.
func report(out io.Writer, o options, r *Record, violations []Violation) {
	broken := map[string]int{}
	for _, v := range violations {
		broken[v.Rule]++
	}
	var stored, results, repeats, late, lateCalm int
	var latest time.Duration
	why := map[Kind]int{}
	for _, s := range r.Stories {
		if !s.Acked.IsZero() {
			stored++
		}
		results += len(s.Results)
		if n := s.repeated(); n > 0 {
			repeats += n
			if hits := r.crashes(s); len(hits) > 0 {
				why[hits[len(hits)-1].Kind] += n
			}
		}
		if len(s.Results) > 0 {
			latest = max(latest, s.Results[0].At.Sub(s.Tried))
		}
		if s.late() {
			late++
			if len(r.crashes(s)) == 0 {
				lateCalm++
			}
		}
	}
	fmt.Fprintf(out, "\nseed %d, %s at %d steps/s, %d workers, %s\n\n", o.seed, o.length, o.rate, o.workers, servers(o))
	row := func(name string, value any, note string) {
		fmt.Fprintln(out, strings.TrimRight(fmt.Sprintf("%-16s %10v  %s", name, value, note), " "))
	}
	row("steps", stored, "")
	row("results", results, "the slowest after "+latest.Round(100*time.Millisecond).String())
	row("… late", late, fmt.Sprintf("later than %s, of these %d without a crash in their life", lateAfter, lateCalm))
	row("lost", broken[ruleLost], "")
	row("double results", broken[ruleDouble], "")
	row("wrong outcomes", broken[ruleOutcome]+broken[ruleAttempts]+broken[ruleProfile]+broken[ruleStranger], "")
	row("repeated calls", repeats, reasons(why))
	row("… unexplained", broken[ruleCalls], "")
	row("early retries", broken[ruleEarly], "")
	j := r.judged()
	row("judged exactly", j.Steps, "steps, by the records of all their attempts and so with no excuse")
	row("… with waits", j.Retried, fmt.Sprintf("each as long as it must be; %d of them with waits through several lanes", j.Patient))
	row("left, dead", broken[ruleLeft]+broken[ruleDead], "drained in "+r.Took.Round(100*time.Millisecond).String())
	row("remains", r.Remains, "messages that were acked, kept by a killed server, and removed by no worker yet; it does not deliver them again")
	row("token requests", r.TokenRequests, fmt.Sprintf("at most %d", r.TokenLimit))
	row("not reached", broken[ruleReach], "webhooks, faults and rules that the run was to meet")
	row("moves", r.Moves, "to a lane or the backlog, nothing unknown lost on the way")
	again := r.published()
	row("published again", again.Times, fmt.Sprintf("under their ids within the window; %d after their result, %d of these after NATS was started anew", again.Ended, again.Restarts))
	row("… called then", broken[ruleAfter], "steps with a call after their result")
	row("not answered", broken[ruleAnswered], "steps with an attempt that was answered in time and counts as one without an answer")
	second, atOnce := r.crowd(hookLimited)
	_, judged := checkNotices(r)
	row("notifications", len(r.Notices), fmt.Sprintf("%d windows with an exact count, %d wrong", judged, broken[ruleNotices]))
	row("backlogs", r.Piled, fmt.Sprintf("messages at once, of %d webhooks paused with a step each and then resumed", o.many))
	row("limited calls", second, fmt.Sprintf("at most in a second, and %d at once, of a webhook limited to %d and %d", atOnce, limitedRate, limitedCalls))
	row("memory, MB", fmt.Sprintf("%.1f", r.PeakMB), fmt.Sprintf("the most that a worker ever had, of 10^6 bytes; %.0f must do", o.memory()))
	row("faults", len(r.Faults), fmt.Sprintf("of %d kinds", len(counted(r.Faults))))
	reportFaults(out, r.Faults)
	told := map[string]int{}
	for _, v := range violations {
		if told[v.Rule]++; told[v.Rule] > shown {
			continue
		}
		fmt.Fprintf(out, "\nBROKEN %s: %s\n", v.Rule, v.What)
		if v.Story != nil {
			fmt.Fprintln(out, v.Story.tell())
			reportNear(out, r, v.Story)
		}
	}
	fmt.Fprintln(out)
	if len(violations) == 0 {
		fmt.Fprintln(out, "every invariant held")
		return
	}
	fmt.Fprintf(out, "%d violations\n", len(violations))
}

// reasons says which kind of crash was the last that can have hit a step whose calls repeated.
func reasons(why map[Kind]int) string {
	var parts []string
	for _, k := range kinds {
		if why[k] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", k, why[k]))
		}
	}
	return strings.Join(parts, ", ")
}

func reportFaults(out io.Writer, faults []Fault) {
	fmt.Fprintf(out, "\n%-18s %5s %12s %12s\n", "fault", "n", "back p50", "back max")
	for _, k := range kinds {
		var took []time.Duration
		for _, f := range faults {
			if f.Kind == k && f.Recovered >= 0 {
				took = append(took, f.Recovered.Round(time.Millisecond))
			}
		}
		if len(took) == 0 {
			continue
		}
		slices.Sort(took)
		fmt.Fprintf(out, "%-18s %5d %12s %12s\n", k, len(took), took[len(took)/2], took[len(took)-1])
	}
}

// reportNear tells the faults of a step's life.
func reportNear(out io.Writer, r *Record, s *Story) {
	for _, f := range r.Faults {
		if overlap(s.Tried.Add(-natsAckTail), s.end().Add(natsAckTail), f.From, f.Until) {
			fmt.Fprintf(out, "      fault %s of %s from +%s to +%s\n", f.Kind, f.Target,
				f.From.Sub(s.Tried).Round(time.Millisecond), f.Until.Sub(s.Tried).Round(time.Millisecond))
		}
	}
}

// writeStories keeps the stories of all steps with a repeated call or a late result.
func writeStories(path string, r *Record) error {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(r.Stories)) {
		s := r.Stories[id]
		if s.repeated() > 0 || s.late() {
			fmt.Fprintf(&b, "%d repeated, late: %t\n%s\n", s.repeated(), s.late(), s.tell())
			reportNear(&b, r, s)
		}
	}
	return os.WriteFile(path, []byte(b.String()), 0o600)
}

func servers(o options) string {
	switch {
	case o.nodes == 0 && o.length < longPlan:
		return "half on one nats-server, half on a cluster of three"
	case o.nodes == 0:
		return "on one nats-server, on a cluster of three, and on one of three without replicas, a third each"
	case o.nodes == 1:
		return "one nats-server"
	}
	return fmt.Sprintf("a cluster of %d nats-servers with %d replicas", o.nodes, o.copies())
}

func counted(faults []Fault) map[Kind]int {
	n := map[Kind]int{}
	for _, f := range faults {
		n[f.Kind]++
	}
	return n
}

// late reports a result that took longer than anything here but a pause explains.
func (s *Story) late() bool {
	return len(s.Results) > 0 && s.Webhook != hookPaused && s.Webhook != hookPatient && s.Webhook != hookLong && s.Webhook != hookLimited && !strings.HasPrefix(s.Webhook, manyPrefix) && s.Results[0].At.Sub(s.Tried) > lateAfter
}
