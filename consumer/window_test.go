package consumer

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestLateCallsDoNotCrowdTheNextSecond(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []float64{0.5, 1, 2, 2.5, 50, 1000} {
		var w window
		w.fit(perSecond)
		now := time.Unix(1_800_000_000, 0)
		slot, step := now, time.Duration(1.04/perSecond*float64(time.Second))
		var began []time.Time
		for range 5000 {
			late := time.Duration(rand.Int64N(int64(90 * time.Millisecond)))
			for _, soonest := range []time.Time{slot, w.free()} {
				if now.Before(soonest) {
					now = soonest
				}
			}
			if rand.IntN(4) == 0 {
				now = now.Add(late)
			}
			began = append(began, now)
			w.begin(now)
			slot = slot.Add(step)
		}
		most := min(max(int(perSecond), 1), 256)
		for i := most; i < len(began); i++ {
			if took := began[i].Sub(began[i-most]).Seconds(); took < float64(most)/perSecond-1e-6 {
				t.Fatalf("%v/s: %d calls began within %.3f s", perSecond, most+1, took)
			}
		}
		if took := began[len(began)-1].Sub(began[0]).Seconds(); perSecond < 10 && took > 1.05*5000/perSecond {
			t.Errorf("%v/s: 5,000 calls took %.1f s", perSecond, took)
		}
		w.fit(perSecond + 1)
		if !w.free().Before(now) {
			t.Errorf("%v/s: an edited limit still waits for calls under the old one", perSecond)
		}
	}
}
