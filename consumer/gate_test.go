package consumer

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/journeyhook/journeyhook/schema"
)

func gated(project, id string) *schema.Webhook {
	w := schema.NewWebhook()
	w.Project, w.ID = project, id
	return w
}

func took(d time.Duration, reason schema.Reason, status int) *schema.Outcome {
	now := time.Now()
	return &schema.Outcome{Reason: reason, Status: status, Call: schema.Call{Started: now.Add(-d), Ended: now}}
}

// slow makes a webhook one that is not worth waiting for.
func slow(g *gate, w *schema.Webhook) {
	g.mu.Lock()
	g.share(w).usual = time.Second
	g.mu.Unlock()
}

// fill enters until there is no room.
func fill(g *gate, w *schema.Webhook, fresh bool) (leaves []leave) {
	slow(g, w)
	for {
		l, ok := g.enter(context.Background(), w, fresh)
		if !ok {
			return leaves
		}
		leaves = append(leaves, l)
	}
}

func TestAHogGetsHalfAndTwoAThirdEach(t *testing.T) {
	t.Parallel()
	g := &gate{budget: 96}
	one := fill(g, gated("a", "hog1"), true)
	if len(one) != 48 {
		t.Errorf("a hog alone has %d of 96 calls", len(one))
	}
	two := fill(g, gated("b", "hog2"), true)
	for _, l := range one {
		l(nil)
	}
	one = fill(g, gated("a", "hog1"), true)
	for range 10 { // both come and go until it settles
		for _, l := range two {
			l(nil)
		}
		two = fill(g, gated("b", "hog2"), true)
		for _, l := range one {
			l(nil)
		}
		one = fill(g, gated("a", "hog1"), true)
	}
	if len(one) < 30 || len(two) < 30 || len(one)+len(two) > 66 {
		t.Errorf("two hogs have %d and %d of 96 calls", len(one), len(two))
	}
	if _, ok := g.enter(context.Background(), gated("c", "healthy"), true); !ok {
		t.Error("there is no room for a healthy webhook")
	}
}

func TestAProjectOfHogsLeavesRoomForOthers(t *testing.T) {
	t.Parallel()
	g := &gate{budget: 64}
	for i := range 20 {
		fill(g, gated("hogs", fmt.Sprint(i)), true)
	}
	if g.projects["hogs"] > 52 {
		t.Errorf("one project has %d of 64 calls", g.projects["hogs"])
	}
	if _, ok := g.enter(context.Background(), gated("other", "healthy"), true); !ok {
		t.Error("there is no room for another project")
	}
}

func TestFreshStepsKeepAReserve(t *testing.T) {
	t.Parallel()
	g := &gate{budget: 40}
	for i := range 40 {
		fill(g, gated(fmt.Sprint("p", i), "w"), false)
	}
	if g.later > 30 {
		t.Errorf("retries and backlog hold %d of 40 calls", g.later)
	}
	if _, ok := g.enter(context.Background(), gated("new", "w"), true); !ok {
		t.Error("there is no room for a fresh step")
	}
}

// C27: only a probe's worth for a webhook whose calls all time out, until one is answered.
func TestAWebhookThatOnlyTimesOutIsProbed(t *testing.T) {
	t.Parallel()
	g := &gate{budget: 100}
	w := gated("a", "dead")
	for range probeAfter {
		l, _ := g.enter(context.Background(), w, true)
		l(took(10*time.Second, schema.ReasonTimeout, 0))
	}
	probes := fill(g, w, true)
	if len(probes) != probeSize {
		t.Errorf("%d calls at once, want %d", len(probes), probeSize)
	}
	probes[0](took(time.Millisecond, schema.ReasonStatus, 503))
	if more := fill(g, w, true); len(more) < 40 {
		t.Errorf("after an answer only %d calls", len(more))
	}
}

func TestAQuickWebhooksStepsWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{budget: 16}
		w := gated("a", "quick")
		var leaves []leave
		for range 8 {
			l, ok := g.enter(t.Context(), w, true)
			if !ok {
				t.Fatal("no room")
			}
			leaves = append(leaves, l)
		}
		entered := make(chan bool, 3)
		for range 3 {
			go func() {
				l, ok := g.enter(t.Context(), w, true)
				entered <- ok
				if ok {
					l(nil)
				}
			}()
		}
		synctest.Wait()
		if len(entered) != 0 {
			t.Errorf("%d did not wait", len(entered))
		}
		leaves[0](took(time.Millisecond, schema.ReasonDelivered, 200))
		for range 3 {
			if !<-entered {
				t.Error("a step did not get its turn")
			}
		}
		start := time.Now()
		leaves = append(leaves, fillQuick(g, w)...)
		if _, ok := g.enter(t.Context(), w, true); ok || time.Since(start) > patience/2 {
			t.Errorf("a step waited %s, entered %v", time.Since(start), ok)
		}
		for _, l := range leaves[1:] {
			l(nil)
		}
		if g.inFlight != 0 || len(g.projects) != 0 {
			t.Errorf("in flight at the end: %d %v", g.inFlight, g.projects)
		}
	})
}

// What waits for a call is held by its worker, and the steps of others must go on coming: nobody waits for long where
// calls don't end, or end too slowly for so many.
func TestNobodyWaitsInVain(t *testing.T) {
	t.Parallel()
	const budget, burst = 64, 1000
	for name, c := range map[string]struct {
		takes  time.Duration // a call
		within time.Duration // until the last of a burst has a call or was told to go elsewhere
		called int           // at least, and at most half as many again
	}{
		"calls that hang":         {time.Hour, patience / 2, budget / 2},
		"slow calls":              {100 * time.Millisecond, patience + 10*time.Millisecond, 320},
		"calls that take a while": {patience / 3, patience + 10*time.Millisecond, 4 * budget / 2},
		"quick calls":             {5 * time.Millisecond, patience / 4, burst},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gate{budget: budget}
				w := gated("p", "busy")
				called, decided := 0, make(chan bool, burst)
				for range burst {
					go func() {
						l, ok := g.enter(t.Context(), w, true)
						decided <- ok
						if ok {
							time.Sleep(c.takes)
							l(took(c.takes, schema.ReasonDelivered, 200))
						}
					}()
				}
				began := time.Now()
				for range burst {
					if <-decided {
						called++
					}
				}
				if waited := time.Since(began); waited > c.within || called < c.called || called > c.called*3/2 {
					t.Errorf("%d of %d got a call, the last was told after %s", called, burst, waited)
				}
				time.Sleep(c.takes)
				synctest.Wait()
				if g.inFlight != 0 || len(g.webhooks["p.busy"].waiters) != 0 {
					t.Errorf("in the end %d are in flight, and %d wait", g.inFlight, len(g.webhooks["p.busy"].waiters))
				}
			})
		})
	}
}

// fillQuick takes what room there is without waiting.
func fillQuick(g *gate, w *schema.Webhook) []leave {
	g.mu.Lock()
	room := g.room(g.share(w), true)
	g.mu.Unlock()
	if !room {
		return nil
	}
	l, _ := g.enter(context.Background(), w, true)
	return append(fillQuick(g, w), l)
}

// Whatever comes and goes, the budget holds and the books balance.
func TestTheGatesBooksBalance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := &gate{budget: rapid.IntRange(1, 40).Draw(t, "budget")}
		var leaves []leave
		for range rapid.IntRange(1, 200).Draw(t, "moves") {
			w := gated(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "project"), rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "webhook"))
			slow(g, w)
			switch rapid.IntRange(0, 3).Draw(t, "move") {
			case 0:
				leaves = append(leaves, g.reserve(w, rapid.IntRange(1, 9).Draw(t, "n"))...)
			case 1, 2:
				if l, ok := g.enter(context.Background(), w, rapid.Bool().Draw(t, "fresh")); ok {
					leaves = append(leaves, l)
				}
			case 3:
				if len(leaves) > 0 {
					i := rapid.IntRange(0, len(leaves)-1).Draw(t, "which")
					leaves[i](took(time.Second, rapid.SampledFrom([]schema.Reason{schema.ReasonTimeout, schema.ReasonDelivered}).Draw(t, "reason"), 0))
					leaves = append(leaves[:i], leaves[i+1:]...)
				}
			}
			if g.inFlight != len(leaves) || g.inFlight > g.budget {
				t.Fatalf("in flight %d, entered %d, budget %d", g.inFlight, len(leaves), g.budget)
			}
		}
		for _, l := range leaves {
			l(nil)
		}
		if g.inFlight != 0 || g.later != 0 || len(g.projects) != 0 {
			t.Fatalf("at the end: %d %d %v", g.inFlight, g.later, g.projects)
		}
	})
}

// A webhook that needs more than a quarter of the calls falls behind once, and must be able to catch up: its fresh steps
// join those that wait.
func TestABacklogMayHaveAWebhooksWholeShare(t *testing.T) {
	t.Parallel()
	g := &gate{budget: 1024, headroom: newHeadroom(256, laterMost(1024))}
	crm := &schema.Webhook{Project: "acme", ID: "crm"}
	if n := len(g.reserve(crm, 1024)); n != 256 {
		t.Errorf("%d calls at first, want a quarter", n)
	}
	for range 1000 {
		g.headroom.adapt(0)
	}
	g.reserve(crm, 1024)
	if g.inFlight != 512 {
		t.Errorf("%d calls of one webhook's backlog in a worker that is not late, want half", g.inFlight)
	}
	other := &schema.Webhook{Project: "globex", ID: "crm"}
	g.reserve(other, 1024)
	if g.inFlight != 768 {
		t.Errorf("%d calls of two backlogs, want three quarters", g.inFlight)
	}
}
