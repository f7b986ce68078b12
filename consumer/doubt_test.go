package consumer

import (
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

func TestADoubtEnds(t *testing.T) {
	t.Parallel()
	now := time.Now()
	since := now.Add(-time.Hour)
	hour := schema.LaneFor(time.Hour)
	for name, c := range map[string]struct {
		stored     time.Duration // ago
		lane       *schema.Lane
		begun      bool // the server, within ten seconds before it came
		deliveries uint64
		hold       time.Time
		doubted    time.Time
		want       time.Time
	}{
		"it came back":                           {time.Minute, nil, false, 2, time.Time{}, time.Time{}, now.Add(-time.Minute)},
		"it came back long after":                {time.Hour, nil, false, 2, time.Time{}, time.Time{}, now.Add(-time.Hour)},
		"it was moved since":                     {time.Minute, nil, false, 1, time.Time{}, since, since},
		"it was moved, and waited":               {6 * time.Minute, nil, false, 1, time.Time{}, since, time.Time{}},
		"it waited, and came back":               {6 * time.Minute, nil, false, 2, time.Time{}, since, since},
		"it arrived late, and waited":            {6 * time.Minute, nil, false, 1, now.Add(-7 * time.Minute), time.Time{}, now.Add(-7*time.Minute - 30*time.Second)},
		"it arrived late, after it was in doubt": {time.Minute, nil, false, 1, now.Add(-2 * time.Minute), since, since},
		"NATS was lost when it came":             {time.Hour, &hour, true, 1, time.Time{}, time.Time{}, now.Add(-10*time.Second - ackUnsaved - clocksApart)},
		"NATS was lost after it came":            {time.Minute, nil, true, 1, time.Time{}, time.Time{}, now.Add(-time.Minute)},
		"NATS was lost, and it was known before": {time.Minute, nil, true, 2, time.Time{}, time.Time{}, now.Add(-time.Minute)},
		"nothing speaks for it":                  {time.Minute, nil, false, 1, time.Time{}, time.Time{}, time.Time{}},
		"it was told to wait, and waited":        {time.Hour, &hour, false, 2, time.Time{}, since, time.Time{}},
		"it was told to wait, and came back":     {time.Hour + time.Minute, &hour, false, 3, time.Time{}, since, now.Add(-time.Hour - time.Minute)},
	} {
		h := &held{
			consumer: &Consumer{AckWait: 30 * time.Second}, stored: now.Add(-c.stored), lane: c.lane, deliveries: c.deliveries,
			progress: schema.Progress{Doubted: c.doubted, Hold: schema.Hold{Stream: "S", Sequence: 1, Until: c.hold}},
		}
		if c.begun {
			h.memory = &memory{begins: []begin{{now.Add(-10 * time.Second), now}}}
		}
		if got := h.stillDoubted(); !got.Equal(c.want) {
			t.Errorf("%s: in doubt since %s ago, want %s", name, now.Sub(got), now.Sub(c.want))
		}
	}
}
