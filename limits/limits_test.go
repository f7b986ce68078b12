package limits

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/journeyhook/journeyhook/internal/busiest"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stores runs a test on the embedded Redis and on a real one.
func stores(t *testing.T, test func(t *testing.T, rdb redis.UniversalClient)) {
	t.Parallel()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, client(t, miniredis.RunT(t).Addr()))
	})
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		server, err := devstack.StartRedisServer(t.TempDir())
		if errors.Is(err, devstack.ErrNoRedisServer) && os.Getenv("CI") == "" {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		test(t, client(t, server.Addr))
	})
}

func client(t *testing.T, addr string) redis.UniversalClient {
	c := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// clock is a Redis whose time the test sets, so that slots are known to the microsecond.
type clock struct {
	redis *miniredis.Miniredis
	rdb   redis.UniversalClient
	now   time.Time
}

func newClock(t *testing.T) *clock {
	m := miniredis.RunT(t)
	c := &clock{redis: m, rdb: client(t, m.Addr()), now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	m.SetTime(c.now)
	return c
}

func (c *clock) pass(d time.Duration) {
	c.now = c.now.Add(d)
	c.redis.SetTime(c.now)
}

// ask returns the times the slots stand for.
func (c *clock) ask(t interface {
	Helper()
	Fatal(...any)
}, worker, webhook string, rate float64, n int, burst bool) (at []time.Time) {
	t.Helper()
	l := &Limiter{Redis: c.rdb, Worker: worker}
	got, err := l.Reserve(context.Background(), webhook, rate, n, burst, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.N {
		at = append(at, c.now.Add(got.Wait+time.Duration(i)*got.Step))
	}
	return at
}

func TestABurstIsOneSecondsWorth(t *testing.T) {
	t.Parallel()
	c := newClock(t)
	first := c.ask(t, "w1", "acme.crm", 20, 15, true)
	if len(first) != 15 || first[14] != c.now {
		t.Fatalf("15 of 20 a second: %v, want all at once", first)
	}
	c.pass(time.Millisecond)
	all := append(first, c.ask(t, "w2", "acme.crm", 20, 15, true)...) // 5 are left of this second, and come evenly
	if most := busiest.Second(all); most > 20 || len(all) < 18 {
		t.Errorf("%d slots within a second of %d, want at most 20 of about 20", most, len(all))
	}
	c.pass(5 * time.Second)
	if again := c.ask(t, "w1", "acme.crm", 20, 50, true); len(again) != 20 || again[19] != c.now {
		t.Errorf("after a quiet second: %d slots, want 20 at once", len(again))
	}
}

// Whoever asks whenever for whatever: in no second are there more slots than the rate.
func TestTheRateIsNeverExceeded(t *testing.T) {
	t.Parallel()
	c := newClock(t)
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		webhook := fmt.Sprint("acme.crm", run)
		rate := rapid.Float64Range(1, 300).Draw(t, "rate")
		var all []time.Time
		for range rapid.IntRange(1, 60).Draw(t, "asks") {
			c.pass(time.Duration(rapid.IntRange(0, 700_000).Draw(t, "later")) * time.Microsecond)
			worker := rapid.SampledFrom([]string{"w1", "w2", "w3"}).Draw(t, "worker")
			all = append(all, c.ask(t, worker, webhook, rate, rapid.IntRange(1, 100).Draw(t, "n"), rapid.Bool().Draw(t, "burst"))...)
		}
		if most := busiest.Second(all); float64(most) > math.Ceil(rate) {
			t.Fatalf("%d slots within a second, the limit is %v", most, rate)
		}
	})
}

// Under demand the rate is nearly reached, and workers that ask alike get alike.
func TestDemandIsServedFairly(t *testing.T) {
	t.Parallel()
	c := newClock(t)
	const rate, seconds = 200.0, 5
	shares := map[string]int{}
	var all []time.Time
	for i := range seconds * 100 {
		worker := fmt.Sprint("w", i%3)
		got := c.ask(t, worker, "acme.crm", rate, 10, i%3 == 0)
		all, shares[worker] = append(all, got...), shares[worker]+len(got)
		c.pass(10 * time.Millisecond)
	}
	slices.SortFunc(all, time.Time.Compare)
	span := all[len(all)-1].Sub(all[0]).Seconds()
	if reached := float64(len(all)) / span; reached < rate*0.95 {
		t.Errorf("%.0f slots a second under demand, want at least 95 %% of %v", reached, rate)
	}
	for name, n := range shares {
		if n < len(all)/4 {
			t.Errorf("%s had %d of %d slots: %v", name, n, len(all), shares)
		}
	}
}

// What was paced, or came in a burst, under a higher rate is not owed at a lower one's pace.
func TestALoweredRateGoesOnSoon(t *testing.T) {
	t.Parallel()
	for name, burst := range map[string]bool{"paced": false, "after a burst": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock(t)
			for range 30 {
				c.ask(t, "w1", "acme.crm", 100, 50, burst)
				c.pass(500 * time.Millisecond)
			}
			begun := c.now
			for len(c.ask(t, "w1", "acme.crm", 1, 1, false)) == 0 {
				c.pass(100 * time.Millisecond)
				if c.now.Sub(begun) > 5*time.Second {
					t.Fatal("no slot within 5 s")
				}
			}
		})
	}
}

func TestSlowRates(t *testing.T) {
	stores(t, func(t *testing.T, rdb redis.UniversalClient) {
		l := &Limiter{Redis: rdb, Worker: "w1"}
		first, err := l.Reserve(context.Background(), "acme.crm", 0.5, 3, true, time.Second)
		if err != nil || first.N != 1 {
			t.Fatalf("%d slots at once of one every two seconds, %v", first.N, err)
		}
		got, err := l.Reserve(context.Background(), "acme.crm", 0.5, 3, true, time.Second)
		if err != nil || got.N != 0 || got.Wait < 1100*time.Millisecond || got.Wait > 2100*time.Millisecond {
			t.Errorf("the next slot: %+v, %v; want none, in about 2 s", got, err)
		}
	})
}

func TestWorkersAreCounted(t *testing.T) {
	stores(t, func(t *testing.T, rdb redis.UniversalClient) {
		for i, name := range []string{"w1", "w2", "w1", "w3"} {
			got, err := (&Limiter{Redis: rdb, Worker: name}).Reserve(context.Background(), "acme.crm", 10, 1, false, time.Second)
			if want := []int{1, 2, 2, 3}[i]; err != nil || got.Workers != want {
				t.Errorf("ask %d by %s: %d workers, %v; want %d", i+1, name, got.Workers, err, want)
			}
		}
	})
}

func TestShare(t *testing.T) {
	stores(t, func(t *testing.T, rdb redis.UniversalClient) {
		share := func(worker string, holds, want int) int {
			t.Helper()
			n, err := (&Limiter{Redis: rdb, Worker: worker}).Share(context.Background(), "acme.crm", 10, holds, want)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for i, c := range []struct {
			worker            string
			holds, want, have int
			why               string
		}{
			{"w1", 0, 10, 10, "alone it may have all"},
			{"w2", 0, 10, 0, "none is free for another"},
			{"w1", 10, 10, 5, "who holds all is asked to keep an equal part"},
			{"w2", 0, 10, 0, "but holds all until its calls have ended"},
			{"w1", 5, 10, 5, "now they have"},
			{"w2", 0, 10, 5, "and the other gets the rest"},
			{"w1", 5, 10, 5, "two equal parts stay"},
			{"w1", 5, 2, 2, "who wants less may have less"},
			{"w2", 5, 10, 5, "and the other waits until it holds less"},
			{"w1", 2, 2, 2, "as it does now"},
			{"w2", 5, 10, 8, "so the other has more"},
			{"w1", 0, 0, 0, "who wants nothing is gone"},
			{"w2", 8, 10, 10, "and the other alone again"},
		} {
			if have := share(c.worker, c.holds, c.want); have != c.have {
				t.Errorf("%d: %s: %s has %d, want %d", i+1, c.why, c.worker, have, c.have)
			}
		}
	})
}

func TestAwayRedisIsAnError(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	defer rdb.Close()
	l := &Limiter{Redis: rdb, Worker: "w1"}
	if _, err := l.Reserve(context.Background(), "acme.crm", 1, 1, true, time.Second); err == nil {
		t.Error("slots without Redis")
	}
	if _, err := l.Share(context.Background(), "acme.crm", 1, 0, 1); err == nil {
		t.Error("a share without Redis")
	}
}
