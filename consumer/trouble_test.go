package consumer

import (
	"slices"
	"testing"
	"time"
)

func TestTroubleIsSaidAtOnceAndThenOnceAMinute(t *testing.T) {
	t.Parallel()
	began := time.Now()
	var seen trouble
	said := func(from, to, every time.Duration) (all []int) {
		for at := from; at < to; at += every {
			if n := seen.again(began.Add(at)); n > 0 {
				all = append(all, n)
			}
		}
		return all
	}
	if got := said(0, 150*time.Second, 500*time.Millisecond); !slices.Equal(got, []int{1, 120, 120}) {
		t.Errorf("said %v; want the first, and twice those of a minute", got)
	}
	if !seen.lasts(began.Add(169*time.Second)) || seen.lasts(began.Add(170*time.Second)) {
		t.Error("it does not end 20 seconds after the last time")
	}
	if got := said(180*time.Second, 181*time.Second, 500*time.Millisecond); !slices.Equal(got, []int{1}) {
		t.Errorf("said %v of another trouble; want its beginning", got)
	}
}
