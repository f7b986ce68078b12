package main

import (
	"math/rand/v2"
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

// What CI runs is a minute, half of it with one server and half with three.
func TestTheShortRunHasEverything(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		o := options{length: time.Minute, seed: seed + 1, rate: 200, workers: 3}
		made, steps := map[Kind]int{}, map[string]int{}
		for _, part := range o.parts() {
			for _, p := range part.plan() {
				made[p.Kind]++
			}
			rng := rand.New(rand.NewPCG(seed+1, 1))
			last := map[string]int{}
			for n := range int(part.length.Seconds()) * o.rate {
				webhook := part.pick(n, rng.IntN(1000))
				steps[webhook]++
				last[webhook] = n
			}
			for _, h := range part.hooks() {
				if _, came := last[h.id]; !came {
					t.Errorf("seed %d, %d servers: no step of %s", o.seed, part.nodes, h.id)
				}
			}
			for _, h := range []string{hookPatient, hookLong} {
				if last[h] > o.rate*10 {
					t.Errorf("seed %d, %d servers: a step of %s after %d steps", o.seed, part.nodes, h, last[h])
				}
			}
			if d := part.delay(hookPatient); d <= 10*time.Second || d >= 20*time.Second {
				t.Errorf("the patient webhook waits %s", d)
			}
		}
		for _, k := range kindsFor(o.length, 3) {
			if made[k] == 0 {
				t.Errorf("seed %d: no %s", o.seed, k)
			}
		}
		if steps[hookPatient] < 20 || steps[hookLong] < 2 {
			t.Errorf("seed %d: %d patient steps and %d long ones", o.seed, steps[hookPatient], steps[hookLong])
		}
	}
}
