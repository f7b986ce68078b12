package main

import (
	"slices"
	"testing"
	"time"
)

func TestAPlanFollowsFromItsSeed(t *testing.T) {
	t.Parallel()
	a, b := plan(7, time.Minute, 3, 3), plan(7, time.Minute, 3, 3)
	if !slices.Equal(a, b) {
		t.Error("the same seed made two plans")
	}
	if slices.Equal(a, plan(8, time.Minute, 3, 3)) {
		t.Error("two seeds made the same plan")
	}
	for _, k := range kindsFor(time.Minute, 3) {
		if !slices.ContainsFunc(a, func(p Planned) bool { return p.Kind == k }) {
			t.Errorf("a minute without %s", k)
		}
	}
	for _, p := range a {
		if p.Target < 0 || p.Target > 2 || p.After < firstFault || p.After > time.Minute-lastFault || p.For >= longCut {
			t.Errorf("%+v", p)
		}
	}
	if !slices.ContainsFunc(plan(7, 20*time.Minute, 3, 1), func(p Planned) bool { return p.Kind == WorkerStop && p.For == longCut }) {
		t.Error("a long plan without a stop longer than the ack wait")
	}
}
