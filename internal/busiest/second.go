// Package busiest measures calls against what a limit on them promises. Benchmark, rehearsal and tests use it.
package busiest

import (
	"slices"
	"time"
)

// Second is the largest number of times within any one second, wherever it begins. It sorts them.
func Second(all []time.Time) (most int) {
	slices.SortFunc(all, time.Time.Compare)
	from := 0
	for to := range all {
		for all[to].Sub(all[from]) >= time.Second {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}
