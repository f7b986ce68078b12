package main

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestAPlanFollowsFromItsSeed(t *testing.T) {
	t.Parallel()
	a, b := plan(7, time.Minute, 3, 3, 3), plan(7, time.Minute, 3, 3, 3)
	if !slices.Equal(a, b) {
		t.Error("the same seed made two plans")
	}
	if slices.Equal(a, plan(8, time.Minute, 3, 3, 3)) {
		t.Error("two seeds made the same plan")
	}
	for _, k := range kindsFor(time.Minute, 3, 3) {
		if !slices.ContainsFunc(a, func(p Planned) bool { return p.Kind == k }) {
			t.Errorf("a minute without %s", k)
		}
	}
	for _, p := range a {
		if p.Target < 0 || p.Target > 2 || p.After < firstFault || p.After > time.Minute-lastFault || p.For >= longCut {
			t.Errorf("%+v", p)
		}
	}
	if !slices.ContainsFunc(plan(7, 20*time.Minute, 3, 1, 1), func(p Planned) bool { return p.Kind == WorkerStop && p.For == longCut }) {
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
		for _, k := range kindsFor(o.length/2, 3, 3) {
			if made[k] == 0 {
				t.Errorf("seed %d: no %s", o.seed, k)
			}
		}
		if steps[hookPatient] < 20 || steps[hookLong] < 2 {
			t.Errorf("seed %d: %d patient steps and %d long ones", o.seed, steps[hookPatient], steps[hookLong])
		}
	}
}

// In a long run each part has a shape of its own, and what needs more servers or more time is planned where there is that.
func TestThePartsOfALongRun(t *testing.T) {
	t.Parallel()
	o := options{length: 15 * time.Minute, seed: 1, rate: 200, workers: 3}
	has := func(part options, k Kind) bool {
		return slices.ContainsFunc(part.plan(), func(p Planned) bool { return p.Kind == k })
	}
	var shapes [][2]int
	for _, part := range o.parts() {
		shapes = append(shapes, [2]int{part.nodes, part.copies()})
		for k, want := range map[Kind]bool{
			NATSLag: true, ConsumerDelete: true, BucketLost: true, NATSNode: part.nodes > 1, NATSRoute: part.nodes > 1, NATSStepDown: part.copies() > 1,
		} {
			if has(part, k) != want {
				t.Errorf("%s with %d servers, %d replicas: %t, want %t", k, part.nodes, part.copies(), !want, want)
			}
		}
	}
	if !slices.Equal(shapes, [][2]int{{1, 1}, {3, 3}, {3, 1}}) {
		t.Errorf("servers and replicas: %v", shapes)
	}
	o.length = time.Minute
	first := o.parts()[1].plan()[0]
	if first.Kind != WorkerNap || first.Wait < 2*time.Second || first.Wait > 9*time.Second || first.For < 3*time.Second || first.For > 12*time.Second {
		t.Errorf("a short part begins with %+v", first)
	}
}
