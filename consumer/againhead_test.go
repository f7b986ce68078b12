package consumer

import (
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// Whoever is told that a lane's head must wait gets it when it is due. One that comes later may have been another worker's.
func TestOnlyAPunctualHeadOfALaneHasNoPast(t *testing.T) {
	t.Parallel()
	lane := schema.LaneFor(3 * time.Minute)
	for name, c := range map[string]struct {
		lane       *schema.Lane
		deliveries uint64
		late       time.Duration
		want       bool
	}{
		"a fresh step":                       {nil, 1, time.Hour, false},
		"a step that comes back":             {nil, 2, 0, true},
		"a head that was told to wait":       {&lane, 2, 100 * time.Millisecond, false},
		"one that comes back before AckWait": {&lane, 3, 11 * time.Second, true},
		"one that comes back":                {&lane, 3, time.Minute, true},
		"one that waited behind others":      {&lane, 1, time.Minute, false},
	} {
		h := &held{consumer: &Consumer{AckWait: 30 * time.Second}, lane: c.lane, deliveries: c.deliveries, stored: time.Now().Add(-c.late)}
		if c.lane != nil {
			h.stored = h.stored.Add(-c.lane.Wait)
		}
		if got := h.again(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
