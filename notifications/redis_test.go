package notifications

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

func TestManyWorkersNotifyOnce(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client func() redis.UniversalClient) {
		b := &board{}
		var wg sync.WaitGroup
		began := time.Now()
		for range 4 {
			c := &Center{Publisher: b, Redis: client(), Window: 2 * time.Second}
			run(t, c)
			wg.Go(func() {
				for range 500 {
					c.Raise(trouble("a"))
				}
			})
		}
		wg.Wait()
		b.eventually(t, 1)
		if took := time.Since(began); took > time.Second {
			t.Errorf("the first notification took %v", took)
		}
		b.eventually(t, 1, 2000)
		if n := b.posted[1]; n.FirstAt.Before(began.Add(-time.Second)) || n.LastAt.Before(n.FirstAt) || n.Sample.StepID != "s1" || n.Status != 500 {
			t.Errorf("%+v", n)
		}
		eventuallyEmpty(t, client())
	})
}

// eventuallyEmpty waits until Redis holds nothing any more.
func eventuallyEmpty(t *testing.T, client redis.UniversalClient) {
	t.Helper()
	var keys []string
	for range 500 {
		if keys = client.Keys(t.Context(), "*").Val(); len(keys) == 0 {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Errorf("Redis still holds %v", keys)
}

func TestAnotherWorkerEndsTheWindow(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client func() redis.UniversalClient) {
		b := &board{}
		first := &Center{Publisher: b, Redis: client(), Window: time.Second}
		stop := run(t, first)
		first.Raise(trouble("a"))
		b.eventually(t, 1)
		first.Raise(trouble("a"))
		first.Raise(trouble("a"))
		stop()
		b.want(t, 1)
		run(t, &Center{Publisher: b, Redis: client(), Window: time.Second})
		b.eventually(t, 1, 3)
		eventuallyEmpty(t, client())
	})
}

func TestAFirstReportThatNobodyPublishedIsMadeUpFor(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client func() redis.UniversalClient) {
		s := &redisWindows{client: client(), length: time.Second, prefix: "journeyhook"}
		n := trouble("a")
		n.Count, n.FirstAt, n.LastAt = 1, time.Now(), time.Now()
		died, err := s.add(t.Context(), n)
		if err != nil || died == nil {
			t.Fatalf("%v, %v", died, err)
		}
		again, err := s.add(t.Context(), n)
		if err != nil || again == nil || again.msgID() != died.msgID() || again.n.Count != 1 {
			t.Fatalf("the next worker is told %+v, %v; want %+v", again, err, died)
		}
		alone := trouble("alone")
		alone.Count, alone.FirstAt, alone.LastAt = 1, time.Now(), time.Now()
		if _, err := s.add(t.Context(), alone); err != nil {
			t.Fatal(err)
		}
		b := &board{}
		run(t, &Center{Publisher: b, Redis: client(), Window: time.Second})
		for range 500 {
			if len(b.counts()) == 2 {
				break
			}
			<-time.After(10 * time.Millisecond)
		}
		if got := b.counts(); len(got) != 2 || slices.Max(got) != 2 || slices.Min(got) != 1 {
			t.Errorf("the counts posted are %v, want 2 and 1", got)
		}
	})
}

func TestAWindowThatEndedIsTakenOnceUntilItsLeaseEnds(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client func() redis.UniversalClient) {
		s := &redisWindows{client: client(), length: time.Millisecond, prefix: "journeyhook"}
		n := trouble("a")
		n.Count, n.FirstAt, n.LastAt = 5, time.Now(), time.Now()
		if _, err := s.add(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * time.Millisecond)
		taken, err := s.due(t.Context())
		if err != nil || len(taken) != 1 || taken[0].n.Count != 5 || !taken[0].last {
			t.Fatalf("due: %+v, %v", taken, err)
		}
		if more, err := s.due(t.Context()); err != nil || len(more) != 0 {
			t.Errorf("a taken window is due at once: %+v, %v", more, err)
		}
		fresh, err := s.add(t.Context(), n)
		if err != nil || fresh == nil || fresh.window == taken[0].window {
			t.Fatalf("what comes after the end is not in a new window: %+v, %v", fresh, err)
		}
		name := "ended:" + taken[0].window
		if err := s.client.ZAdd(t.Context(), s.space()+"due", redis.Z{Score: 1, Member: name}).Err(); err != nil { // its lease ends
			t.Fatal(err)
		}
		again, err := s.due(t.Context())
		if err != nil || !slices.ContainsFunc(again, func(r report) bool { return r.msgID() == taken[0].msgID() && r.n.Count == 5 }) {
			t.Errorf("after the lease: %+v, %v", again, err)
		}
		for _, r := range again {
			if err := s.done(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRedisKeysEndByThemselves(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	s := &redisWindows{client: newClient(t, server.Addr()), length: time.Hour, prefix: "p"}
	n := trouble("a")
	n.Count, n.FirstAt, n.LastAt = 1, time.Now(), time.Now()
	if _, err := s.add(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	for _, key := range server.Keys() {
		if !strings.HasPrefix(key, "p:{notifications}:") {
			t.Errorf("key %s", key)
		}
	}
	if ttl := server.TTL("p:{notifications}:acme.a.webhook_failing.status"); ttl != time.Hour+leftover {
		t.Errorf("a window lives %v", ttl)
	}
}

func TestRedisAwayIsSurvived(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	b := &board{}
	c := &Center{Publisher: b, Redis: newClient(t, server.Addr()), Window: 2 * time.Second}
	run(t, c)
	server.SetError("LOADING Redis is loading the dataset in memory")
	c.Raise(trouble("a"))
	b.eventually(t, 1)
	c.Raise(trouble("a"))
	b.eventually(t, 1, 2)
	server.SetError("")
	<-time.After(redisCooldown)
	c.Raise(trouble("b"))
	b.eventually(t, 1, 2, 1)
	if len(server.Keys()) == 0 {
		t.Error("Redis is not used again")
	}
}
