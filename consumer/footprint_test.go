package consumer

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

func TestFootprintFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ limit, want int64 }{
		"no limit":            {math.MaxInt64, 64 << 20},
		"the chart's limit":   {460 << 20, 460 << 17},
		"a small limit":       {100 << 20, 16 << 20},
		"more than is of use": {8 << 30, 64 << 20},
	} {
		if got := footprintFor(c.limit); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestFootprintIsReservedInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &footprint{most: 10}
		if got := m.reserve(t.Context(), 2, 8); got != 8 {
			t.Fatalf("got %d of 10", got)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := m.reserve(short, 3, 3); got != 0 {
			t.Fatalf("got %d of 2", got)
		}
		order := make(chan int64, 2)
		for _, n := range []int64{5, 1} { // the smaller one fits, and comes after the larger one
			go func() { order <- m.reserve(t.Context(), n, n) }()
			synctest.Wait()
		}
		if len(order) != 0 {
			t.Error("somebody was let in before his turn")
		}
		m.give(8)
		synctest.Wait()
		if len(order) != 2 || m.used != 6 {
			t.Errorf("%d let in, %d used", len(order), m.used)
		}
		m.give(6)
		if got := m.reserve(t.Context(), 20, 20); got != 20 {
			t.Errorf("what is larger than all there may be got %d", got)
		}
	})
}
