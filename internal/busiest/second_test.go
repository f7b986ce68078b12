package busiest_test

import (
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/internal/busiest"
)

func TestSecond(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		millis []int64
		want   int
	}{
		"none":                             {nil, 0},
		"one":                              {[]int64{5}, 1},
		"a second apart is not within one": {[]int64{0, 1000, 2000}, 1},
		"just less than a second apart":    {[]int64{0, 999, 1998}, 2},
		"over the turn of a second":        {[]int64{100, 900, 1000, 1050, 1950}, 4},
		"in any order":                     {[]int64{1950, 900, 1050, 100, 1000}, 4},
		"all at once":                      {[]int64{7, 7, 7, 7}, 4},
	} {
		var all []time.Time
		for _, m := range c.millis {
			all = append(all, time.UnixMilli(m))
		}
		if got := busiest.Second(all); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
