package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

func TestEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result schema.Result
		wrong  string // of the error; none when empty
		open   int
	}{
		"delivered":                            {schema.Result{StepID: "crm-1", Outcome: schema.Continue, Reason: schema.ReasonDelivered}, "", 1},
		"an exit nobody expects":               {schema.Result{StepID: "crm-1", Outcome: schema.Exit, Reason: schema.ReasonStatus}, "ended with exit, status", 1},
		"an exit that is expected":             {schema.Result{StepID: "fails-1", Outcome: schema.Exit, Reason: schema.ReasonRetriesExhausted}, "", 1},
		"another exit than the one expected":   {schema.Result{StepID: "fails-1", Outcome: schema.Exit, Reason: schema.ReasonStatus}, "ended with exit, status", 1},
		"delivered though an exit is expected": {schema.Result{StepID: "fails-1", Outcome: schema.Continue, Reason: schema.ReasonDelivered}, "ended with continue", 1},
		"a step nobody sent":                   {schema.Result{StepID: "crm-2", Outcome: schema.Continue, Reason: schema.ReasonDelivered}, "nobody sent", 2},
	} {
		l := newLoad()
		l.expect("fails", exhausted)
		l.begin("crm-1", "crm")
		l.begin("fails-1", "fails")
		err := l.end(c.result, time.Now())
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v, want %q", name, err, c.wrong)
		}
		if got := l.missing(""); got != c.open {
			t.Errorf("%s: %d steps are open, want %d", name, got, c.open)
		}
	}
}

func TestDone(t *testing.T) {
	t.Parallel()
	l := newLoad()
	good := func(id string) schema.Result {
		return schema.Result{StepID: id, Outcome: schema.Continue, Reason: schema.ReasonDelivered}
	}
	l.begin("healthy1-1", "p3.healthy1")
	l.begin("other-2", "p3.other")
	at := time.Now()
	for range 2 { // the second one is the worker's repetition
		if err := l.end(good("healthy1-1"), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.done(time.Second, "healthy"); err != nil {
		t.Errorf("the healthy one has ended, in whichever project: %v", err)
	}
	if err := l.done(10*time.Millisecond, ""); err == nil || !strings.Contains(err.Error(), "1 are missing") {
		t.Errorf("one is missing: %v", err)
	}
	if all := l.times("healthy", time.Time{}, at.Add(time.Hour)); len(all) != 1 {
		t.Errorf("times of one step: %v", all)
	}
	if all := l.times("healthy", at.Add(time.Hour), at.Add(2*time.Hour)); len(all) != 0 {
		t.Errorf("times of steps published later: %v", all)
	}
	l.fail(errors.New("first"))
	l.fail(errors.New("second"))
	if err := l.done(time.Minute, ""); err == nil || err.Error() != "first" {
		t.Errorf("it must not wait any longer: %v", err)
	}
	if _, err := l.latency(row{}, "healthy", time.Time{}, at); err == nil || err.Error() != "first" {
		t.Errorf("no figure where something is wrong: %v", err)
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	var all []time.Duration
	for i := range 200 {
		all = append(all, time.Duration(i)*time.Millisecond)
	}
	r, err := row{}.spread(all)
	if err != nil || r.P50 != 100 || r.P99 != 198 || r.Max != 199 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := (row{}).spread(nil); err == nil {
		t.Error("nothing has no figures")
	}
}

func TestSteady(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	calls := 0
	if err := steady(ctx, 1000, func(i int) error {
		if i != calls {
			t.Errorf("call %d is number %d", calls, i)
		}
		if calls++; calls == 20 {
			stop()
		}
		return nil
	}); err != nil || calls != 20 {
		t.Errorf("%d calls, %v", calls, err)
	}
	full := errors.New("full")
	if err := steady(t.Context(), 1000, func(int) error { return full }); !errors.Is(err, full) {
		t.Errorf("what went wrong is lost: %v", err)
	}
}

func TestTurns(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]int{{300, 300}, {400, 200}, {600, 3000}, {1000, 5000}} {
		others, next := 0, turns(c[0], c[1])
		for range 10 * (c[0] + c[1]) {
			if next() {
				others++
			}
		}
		if others != 10*c[1] {
			t.Errorf("%d in %d of %v", others, 10*(c[0]+c[1]), c)
		}
	}
}
