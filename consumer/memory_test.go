package consumer

import (
	"testing"
	"time"
)

func TestWhatAServerMayHaveForgotten(t *testing.T) {
	t.Parallel()
	now := time.Now()
	at := func(seconds int) time.Time { return now.Add(time.Duration(seconds) * time.Second) }
	restart := begin{at(-100), at(-90)}
	for name, c := range map[string]struct {
		begins           []begin
		deliverable      int // seconds from now
		may              bool
		since            time.Time
		idsOf5mMayBeGone bool
	}{
		"it was always there":                        {nil, -1000, false, time.Time{}, false},
		"delivered before a restart":                 {[]begin{restart}, -200, true, restart.after, false},
		"delivered in the moment of a restart":       {[]begin{restart}, -95, true, restart.after, true},
		"delivered just after, by another clock":     {[]begin{restart}, -87, true, restart.after, true},
		"delivered a while after":                    {[]begin{restart}, -80, false, time.Time{}, true},
		"delivered long after":                       {[]begin{restart}, 300, false, time.Time{}, false},
		"between two restarts":                       {[]begin{restart, {at(-20), at(-10)}}, -50, true, at(-20), true},
		"before two restarts":                        {[]begin{restart, {at(-20), at(-10)}}, -150, true, restart.after, false},
		"before this worker looked first":            {[]begin{{time.Time{}, at(0)}}, -10, true, time.Time{}, true},
		"when this worker knows of the time before":  {[]begin{{time.Time{}, at(-250)}}, -10, false, time.Time{}, true},
		"when it knows of all the time that matters": {[]begin{{time.Time{}, at(-320)}}, -10, false, time.Time{}, false},
	} {
		m := &memory{begins: c.begins}
		since, may := m.forgot(at(c.deliverable))
		if may != c.may || may && !since.Equal(c.since.Add(-ackUnsaved-clocksApart)) {
			t.Errorf("%s: may have forgotten its delivery: %t, since %s", name, may, since)
		}
		if got := m.forgotID(at(c.deliverable), 5*time.Minute); got != c.idsOf5mMayBeGone {
			t.Errorf("%s: may have forgotten its id: %t", name, got)
		}
	}
}

// Whatever was found out, no beginning is lost: at most it is thought to have been longer ago, or later.
func TestAMemoryKeepsEveryBeginning(t *testing.T) {
	t.Parallel()
	now := time.Now()
	m := &memory{}
	var begins []begin
	for i := range 3 * beginsMost {
		at := now.Add(time.Duration(i) * time.Hour)
		begins = append(begins, begin{at, at.Add(time.Minute)})
		m.note(begins[i])
		if len(m.begins) > beginsMost {
			t.Fatalf("%d are kept", len(m.begins))
		}
	}
	for i, b := range begins {
		since, may := m.forgot(b.after)
		if !may || since.After(b.after) {
			t.Errorf("beginning %d: %t, %s", i, may, since.Sub(now))
		}
	}
}

func TestALifeIsKnownByItsNameOrByAWitness(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lives  []life
		begins int
	}{
		"one life, by name":                       {[]life{{"a", true, time.Time{}}, {"a", true, time.Now().Add(time.Hour)}}, 0},
		"another name":                            {[]life{{"a", true, time.Time{}}, {"b", true, time.Time{}}}, 1},
		"a witness from before the last look":     {[]life{{"a", false, time.Time{}}, {"a", false, time.Now().Add(-time.Hour)}}, 0},
		"a witness from after the last look":      {[]life{{"a", false, time.Time{}}, {"a", false, time.Now().Add(time.Hour)}}, 1},
		"the first look, and nobody knows before": {[]life{{"a", true, time.Now()}}, 1},
	} {
		m := &memory{}
		for _, l := range c.lives {
			m.check(func() life { return l })
		}
		if len(m.begins) != c.begins {
			t.Errorf("%s: %d beginnings, want %d", name, len(m.begins), c.begins)
		}
	}
}
