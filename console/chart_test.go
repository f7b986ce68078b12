package console

import (
	"strings"
	"testing"
	"time"
)

// The last hour is sixty bars from left to right; minutes beside each other are one line, others are not.
func TestChart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC)
	minute := func(ago int, c Counts, ms float64) Minute {
		return Minute{At: now.Truncate(time.Minute).Add(-time.Duration(ago) * time.Minute), Counts: c, MeanMS: ms}
	}
	c := chartAt([]Minute{
		minute(60, Counts{Continue: 9}, 1), // has left the picture, and still is the busiest
		minute(59, Counts{Continue: 4}, 10),
		minute(2, Counts{Continue: 2, Retry: 1, Exit: 1}, 40),
		minute(1, Counts{Exit: 8}, 20),
		minute(0, Counts{Continue: 1}, 5),
	}, now)
	if len(c.Bars) != 6 || c.Bars[0].X != 1 || c.Bars[5].X != 591 || c.Bars[5].Class != "good" {
		t.Errorf("bars: %+v", c.Bars)
	}
	for _, b := range c.Bars {
		if b.Y < 0 || b.Height < 2 || b.Y+b.Height > chartHeight+0.01 {
			t.Errorf("a bar out of the picture: %+v", b)
		}
	}
	if got := strings.Count(c.Line, "M"); got != 2 || strings.Count(c.Line, "L") != 2 {
		t.Errorf("%d lines, want one minute alone and three together: %s", got, c.Line)
	}
	if !strings.Contains(c.Words, "16 attempts let the user continue, 1 are tried again, 9 let the user exit") || !strings.Contains(c.Words, "40 ms") {
		t.Errorf("in words: %s", c.Words)
	}
	if empty := chartAt(nil, now); len(empty.Bars) != 0 || empty.Line != "" {
		t.Errorf("of nothing: %+v", empty)
	}
}

func TestIDFromName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Welcome CRM sync": "welcome-crm-sync", " --Ça va?-- ": "a-va", "": "", "???": "", "a_b": "a_b",
		strings.Repeat("ab ", 40): strings.Repeat("ab-", 21) + "a",
	} {
		if got := idFrom(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
