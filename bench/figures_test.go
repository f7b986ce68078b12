package main

import (
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	all := []int{5, 1, 4}
	if got := median(all, func(n int) float64 { return float64(n) }); got != 4 || all[0] != 5 {
		t.Errorf("%d of %v", got, all)
	}
	pairs := [][]row{{{P99: 1}, {Ratio: 3}}, {{P99: 2}, {Ratio: 1}}, {{P99: 3}, {Ratio: 2}}}
	if got := median(pairs, func(pair []row) float64 { return pair[1].Ratio }); got[0].P99 != 3 {
		t.Errorf("%v is torn from its pair", got)
	}
}

// What disturbed one round is no contestant's.
func TestCompared(t *testing.T) {
	t.Parallel()
	measured := make([][]row, len(contestants))
	for i, c := range contestants {
		least := 120.0
		switch {
		case c.tls && c.workers == 0:
			least = 150
		case c.ballast > 0:
			least = 80
		case c.workers == 0:
			least = 100
		}
		measured[i] = []row{{Name: c.name, CPU: 3 * least}, {Name: c.name, CPU: least}, {Name: c.name, CPU: 2 * least}}
	}
	for i, m := range compared(measured) {
		want := 1.2
		switch c := contestants[i]; {
		case c.workers == 0:
			want = 0
		case c.tls:
			want = 0.8
		}
		if m.Ratio != want || m.Name != contestants[i].name {
			t.Errorf("%s: %.2f, want %.2f", m.Name, m.Ratio, want)
		}
		if noted := m.Note == "1.50 of the one with ballast"; noted != (want == 1.2) {
			t.Errorf("%s: %q", m.Name, m.Note)
		}
	}
}

func TestPunctual(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		all   []time.Duration
		wrong string
	}{
		"all in time":       {[]time.Duration{60 * time.Second, 61 * time.Second}, ""},
		"one is early":      {[]time.Duration{60*time.Second - 1, 60 * time.Second}, "early"},
		"one is quite late": {[]time.Duration{60 * time.Second, 61*time.Second + 1}, "late"},
	} {
		_, err := punctual(c.all, time.Minute)
		if (err == nil) != (c.wrong == "") || err != nil && !strings.HasPrefix(err.Error(), c.wrong) {
			t.Errorf("%s: %v, want %q", name, err, c.wrong)
		}
	}
}

func TestLateness(t *testing.T) {
	t.Parallel()
	var all []time.Duration
	for i := range 100 {
		all = append(all, 9*time.Second+time.Duration(i)*20*time.Millisecond)
	}
	if early, p99 := lateness(all, 10*time.Second); early != 50 || p99 != 980*time.Millisecond {
		t.Errorf("%d early, p99 %s", early, p99)
	}
	if early, _ := lateness(all[:10], 10*time.Second); early != 10 {
		t.Errorf("%d early of ten", early)
	}
}

func TestBelow(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	calls := func(n int, apart time.Duration) (at []time.Time) {
		for i := range n {
			at = append(at, begun.Add(time.Duration(i)*apart))
		}
		return at
	}
	for name, c := range map[string]struct {
		at   []time.Time
		want bool
	}{
		"one a second":                      {calls(30, time.Second), false},
		"4 % slower, as waiting ones are":   {calls(28, 1040*time.Millisecond), false},
		"too slow":                          {calls(28, 1060*time.Millisecond), true},
		"quick, but silent after 5 seconds": {calls(5, time.Second), true},
		"never called":                      {nil, true},
	} {
		if got := below(c.at, 1, 30*time.Second); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	l := newLoad()
	for _, id := range []string{"once", "twice", "never"} {
		l.begin(id, "crm")
	}
	var got tally
	got.count(&l, []schema.Result{{StepID: "twice"}, {StepID: "once"}, {StepID: "twice"}})
	if want := (tally{steps: 3, results: 3, lost: 1, double: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestWitness(t *testing.T) {
	t.Parallel()
	w := &witness{byStep: map[string]schema.Attempt{
		"1": {Worker: "a", Revision: 7}, "2": {Worker: "b", Revision: 6}, "3": {Worker: "b", Revision: 9}, "4": {Worker: "b", Revision: 9},
	}}
	if w.workers() != 2 {
		t.Errorf("%d workers, want 2", w.workers())
	}
	e := editor{made: []edited{{7, []string{"1", "2"}}, {8, []string{"3", "4"}}}}
	if both, stale, err := e.seenBy(w); both != 1 || stale != 1 || err != nil {
		t.Errorf("both called %d, %d stale, %v", both, stale, err)
	}
	e.made = e.made[1:]
	if _, _, err := e.seenBy(w); err == nil {
		t.Error("one worker has seen no edit, and nothing is said")
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	dead := map[string]bool{}
	for i := range 300 {
		for hook, prefix := range map[string]string{live(i): "healthy", dying(i): "other"} {
			if !named(hook, prefix) {
				t.Errorf("%s is not named %s…", hook, prefix)
			}
		}
		project, _ := address(dying(i))
		dead[project] = true
	}
	if len(dead) != 10 {
		t.Errorf("%d projects have dead webhooks, want 10", len(dead))
	}
	if project, id := address("crm"); project != "bench" || id != "crm" {
		t.Errorf("%s, %s", project, id)
	}
}
