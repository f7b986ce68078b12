package limits

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

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

// slots asks once and returns the times the slots stand for.
func slots(t *testing.T, l *Limiter, rate float64, n int, burst bool) []time.Time {
	t.Helper()
	asked := time.Now()
	got, err := l.Reserve(context.Background(), "acme.crm", rate, n, burst, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var at []time.Time
	for i := range got.N {
		at = append(at, asked.Add(got.Wait+time.Duration(i)*got.Step))
	}
	return at
}

// busiest is the largest number of times within any second.
func busiest(all []time.Time) int {
	slices.SortFunc(all, time.Time.Compare)
	most, from := 0, 0
	for to := range all {
		for all[to].Sub(all[from]) >= time.Second-5*time.Millisecond { // the asking takes its time
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

func TestABurstIsOneSecondsWorth(t *testing.T) {
	stores(t, func(t *testing.T, rdb redis.UniversalClient) {
		l := &Limiter{Redis: rdb, Worker: "w1"}
		first := slots(t, l, 20, 15, true)
		second := slots(t, l, 20, 15, true)
		if len(first) != 15 || first[14].Sub(first[0]) != 0 {
			t.Errorf("15 of 20 a second: %d slots over %s, want all at once", len(first), first[len(first)-1].Sub(first[0]))
		}
		// 5 are left of the second, but they are owed by now; so they come evenly.
		if all := append(first, second...); busiest(all) > 20 {
			t.Errorf("%d slots within a second, want at most 20", busiest(all))
		}
		if later := slots(t, l, 20, 15, true); len(later) > 10 {
			t.Errorf("%d more slots within the second ahead", len(later))
		}
	})
}

func TestManyWorkersTogetherKeepTheRate(t *testing.T) {
	stores(t, func(t *testing.T, rdb redis.UniversalClient) {
		const rate, seconds = 200.0, 3
		var mu sync.Mutex
		var all []time.Time
		shares := map[string]int{}
		var workers sync.WaitGroup
		end := time.Now().Add(seconds * time.Second)
		for _, name := range []string{"w1", "w2", "w3"} {
			l := &Limiter{Redis: rdb, Worker: name}
			workers.Go(func() {
				for time.Now().Before(end) {
					got := slots(t, l, rate, 10, name == "w1")
					mu.Lock()
					all, shares[name] = append(all, got...), shares[name]+len(got)
					mu.Unlock()
					if len(got) > 0 {
						time.Sleep(time.Until(got[len(got)-1])) // they use what they have before they ask again
					} else {
						time.Sleep(5 * time.Millisecond)
					}
				}
			})
		}
		workers.Wait()
		slices.SortFunc(all, time.Time.Compare)
		if most := busiest(all); most > rate+rate/50 {
			t.Errorf("%d slots within a second, the limit is %v", most, rate)
		}
		span := all[len(all)-1].Sub(all[0]).Seconds()
		if reached := float64(len(all)) / span; reached < rate*0.95 {
			t.Errorf("%.0f slots a second under demand, want at least 95 %% of %v", reached, rate)
		}
		for name, n := range shares {
			if n < len(all)/6 {
				t.Errorf("%s had %d of %d slots: %v", name, n, len(all), shares)
			}
		}
	})
}

func TestSlowRates(t *testing.T) {
	stores(t, func(t *testing.T, rdb redis.UniversalClient) {
		l := &Limiter{Redis: rdb, Worker: "w1"}
		if got := slots(t, l, 0.5, 3, true); len(got) != 1 {
			t.Fatalf("%d slots at once of one every two seconds", len(got))
		}
		got, err := l.Reserve(context.Background(), "acme.crm", 0.5, 3, true, time.Second)
		if err != nil || got.N != 0 || got.Wait < 1500*time.Millisecond || got.Wait > 2100*time.Millisecond {
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
