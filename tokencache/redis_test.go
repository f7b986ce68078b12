package tokencache

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/journeyhook/journeyhook/schema"
)

// crowd makes calls at once on every worker and returns the tokens they got.
func crowd(t *testing.T, workers []*Cache, calls int, call func(*Cache) (schema.Token, error)) map[string]int {
	t.Helper()
	var mu sync.Mutex
	got := map[string]int{}
	var wg sync.WaitGroup
	for _, w := range workers {
		for range calls {
			wg.Go(func() {
				token, err := call(w)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					got["error: "+err.Error()]++
					return
				}
				got[token.Access.Reveal()]++
			})
		}
	}
	wg.Wait()
	return got
}

func newWorkers(t *testing.T, addr string, keys *schema.Keys, n int) []*Cache {
	var workers []*Cache
	for range n {
		workers = append(workers, newWorker(t, newClient(t, addr), keys))
	}
	return workers
}

func TestManyWorkersFetchOnce(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, addr string) {
		server := newTokenServer(t)
		server.delay = 50 * time.Millisecond
		cred := server.credentials()
		workers := newWorkers(t, addr, testKeys(t), 4)

		got := crowd(t, workers, 200, func(c *Cache) (schema.Token, error) { return c.Token(t.Context(), cred) })
		if got["token-1"] != 800 {
			t.Fatalf("first calls got %v, want token-1 800 times", got)
		}
		server.wantCount(t, 1)

		refused := mustToken(t, workers[0], cred)
		got = crowd(t, workers, 200, func(c *Cache) (schema.Token, error) { return c.Reject(t.Context(), cred, refused) })
		if got["token-2"] != 800 {
			t.Fatalf("after the 401s calls got %v, want token-2 800 times", got)
		}
		server.wantCount(t, 2)
	})
}

func TestOneFailureIsSharedByTheWorkersThatWaited(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, addr string) {
		server := newTokenServer(t)
		server.delay = 150 * time.Millisecond
		server.answer = func(n int64, w http.ResponseWriter) {
			if n == 1 {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			_, _ = w.Write([]byte(`{"access_token":"good"}`))
		}
		cred := server.credentials()
		workers := newWorkers(t, addr, testKeys(t), 3)
		got := crowd(t, workers, 20, func(c *Cache) (schema.Token, error) { return c.Token(t.Context(), cred) })
		if got["error: token: 127.0.0.1 answered 403"] != 60 {
			t.Errorf("calls got %v, want 60 times the one failure", got)
		}
		server.wantCount(t, 1)
		for _, w := range workers {
			wantAccess(t, mustToken(t, w, cred), "good")
		}
		server.wantCount(t, 2)
	})
}

func TestTokenInRedis(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, addr string) {
		server := newTokenServer(t)
		cred := server.credentials()
		client, keys := newClient(t, addr), testKeys(t)
		mustToken(t, newWorker(t, newClient(t, addr), keys), cred)

		key := keyOf(cred)
		if ttl := client.TTL(t.Context(), key).Val(); ttl != 10*24*time.Hour {
			t.Errorf("the token lives %v in Redis, want 10 days", ttl)
		}
		sealed := client.Get(t.Context(), key).Val()
		if strings.Contains(sealed, "token-1") {
			t.Errorf("the token stands open in Redis")
		}
		if n := client.Exists(t.Context(), key+":lock").Val(); n != 0 {
			t.Errorf("the lock was not given back")
		}
		wantAccess(t, mustToken(t, newWorker(t, newClient(t, addr), keys), cred), "token-1")
		server.wantCount(t, 1)

		other := cred
		other.ClientID = "other"
		if err := client.Set(t.Context(), keyOf(other), sealed, 0).Err(); err != nil {
			t.Fatal(err)
		}
		wantAccess(t, mustToken(t, newWorker(t, newClient(t, addr), keys), other), "token-2")
	})
}

func TestAnotherWorkersTokenIsUsed(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, addr string) {
		server := newTokenServer(t)
		cred := server.credentials()
		workers := newWorkers(t, addr, testKeys(t), 2)
		first := mustToken(t, workers[0], cred)
		mustToken(t, workers[1], cred)
		second, err := workers[0].Reject(t.Context(), cred, first)
		if err != nil {
			t.Fatal(err)
		}
		wantAccess(t, second, "token-2")
		wantAccess(t, mustToken(t, workers[1], cred), "token-1") // until it is refused there
		adopted, err := workers[1].Reject(t.Context(), cred, first)
		if err != nil {
			t.Fatal(err)
		}
		wantAccess(t, adopted, "token-2")
		if !adopted.FetchedAt.Equal(second.FetchedAt) || adopted.ExpiresIn != time.Hour {
			t.Errorf("the adopted token says %v, %v, want %v, 1h", adopted.FetchedAt, adopted.ExpiresIn, second.FetchedAt)
		}
		late, err := workers[1].Reject(t.Context(), cred, first)
		if err != nil {
			t.Fatal(err)
		}
		wantAccess(t, late, "token-2")
		server.wantCount(t, 2)
	})
}

func TestADeadWorkersLockEnds(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, addr string) {
		server := newTokenServer(t)
		cred := server.credentials()
		client := newClient(t, addr)
		if err := client.Set(t.Context(), keyOf(cred)+":lock", "of a dead worker", 0).Err(); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			<-time.After(300 * time.Millisecond)
			server.wantCount(t, 0)
			client.Del(context.Background(), keyOf(cred)+":lock") // as its end of life does
		})
		mustToken(t, newWorker(t, newClient(t, addr), testKeys(t)), cred)
		wg.Wait()
		server.wantCount(t, 1)
	})
}

func TestLocksOutliveAFetch(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, addr string) {
		client := newClient(t, addr)
		s := &redisStore{client: client, keys: testKeys(t), running: &sync.WaitGroup{}}
		id := identify(bubbleCredentials)
		mine, err := s.lock(t.Context(), id, "")
		if err != nil || mine.mine == "" {
			t.Fatalf("a free lock: %+v, %v", mine, err)
		}
		if ttl := client.PTTL(t.Context(), s.key(id)+":lock").Val(); ttl <= fetchTime || ttl > lockLife {
			t.Errorf("the lock lives %v", ttl)
		}
		if other, err := s.lock(t.Context(), id, ""); err != nil || other != (lock{}) {
			t.Errorf("a held lock: %+v, %v", other, err)
		}
		if err := s.finish(t.Context(), id, lock{mine: "stale"}, result{failure: "x"}); err != nil {
			t.Fatal(err)
		}
		if err := s.finish(t.Context(), id, lock{mine: "stale"}, result{}); err != nil {
			t.Fatal(err)
		}
		if other, _ := s.lock(t.Context(), id, ""); other != (lock{}) {
			t.Errorf("a lock given back by one that does not hold it: %+v", other)
		}
		if err := s.finish(t.Context(), id, mine, result{failure: "why"}); err != nil {
			t.Fatal(err)
		}
		if other, _ := s.lock(t.Context(), id, ""); other != (lock{failure: "why"}) {
			t.Errorf("a lock after a failure: %+v", other)
		}
		if next, err := s.lock(t.Context(), id, "why"); err != nil || next.mine == "" {
			t.Errorf("a lock after a failure long past: %+v, %v", next, err)
		}
	})
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	redisServer := miniredis.RunT(t)
	server := newTokenServer(t)
	cred := server.credentials()
	keys := testKeys(t)
	c := newWorker(t, newClient(t, redisServer.Addr()), keys)

	redisServer.Close()
	first := mustToken(t, c, cred)
	second, err := c.Reject(t.Context(), cred, first)
	if err != nil {
		t.Fatal(err)
	}
	wantAccess(t, second, "token-2")

	redisServer.SetError("LOADING Redis is loading the dataset in memory")
	if err := redisServer.Restart(); err != nil {
		t.Fatal(err)
	}
	c.away.Clear()
	third, err := c.Reject(t.Context(), cred, second)
	if err != nil {
		t.Fatal(err)
	}
	wantAccess(t, third, "token-3")

	redisServer.SetError("")
	c.away.Clear()
	if _, err := c.Reject(t.Context(), cred, third); err != nil {
		t.Fatal(err)
	}
	wantAccess(t, mustToken(t, newWorker(t, newClient(t, redisServer.Addr()), keys), cred), "token-4")
	server.wantCount(t, 4)
}

func TestARedisThatHangsCostsLittle(t *testing.T) {
	t.Parallel()
	addr := startRedis(t)
	server := newTokenServer(t)
	cred := server.credentials()
	pauser := newClient(t, addr)
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, ReadTimeout: 3 * time.Second})
	t.Cleanup(func() { _ = client.Close() })
	c := newWorker(t, client, testKeys(t))
	if err := pauser.Do(t.Context(), "client", "pause", "2500").Err(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	token := mustToken(t, c, cred)
	for i := range 20 {
		cred.Scope = number(i)
		mustToken(t, c, cred)
	}
	wantAccess(t, token, "token-1")
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Errorf("21 fetches beside a hanging Redis took %v", took)
	}
}

func TestAnotherKeyReplacesTheValue(t *testing.T) {
	t.Parallel()
	addr := miniredis.RunT(t).Addr()
	server := newTokenServer(t)
	cred := server.credentials()
	mustToken(t, newWorker(t, newClient(t, addr), testKeys(t)), cred)
	keys := testKeys(t)
	wantAccess(t, mustToken(t, newWorker(t, newClient(t, addr), keys), cred), "token-2")
	wantAccess(t, mustToken(t, newWorker(t, newClient(t, addr), keys), cred), "token-2")
}

func TestWithoutKeysNothingIsWrittenToRedis(t *testing.T) {
	t.Parallel()
	redisServer := miniredis.RunT(t)
	server := newTokenServer(t)
	mustToken(t, newWorker(t, newClient(t, redisServer.Addr()), nil), server.credentials())
	if keys := redisServer.Keys(); len(keys) > 0 {
		t.Errorf("Redis holds %v", keys)
	}
}

func TestOthersNeedNotWaitForAClosedWorker(t *testing.T) {
	t.Parallel()
	addr := miniredis.RunT(t).Addr()
	server := newTokenServer(t)
	cred := server.credentials()
	begun := make(chan struct{})
	release := make(chan struct{})
	server.answer = func(n int64, w http.ResponseWriter) {
		if n == 1 {
			close(begun)
			<-release
		}
		_, _ = w.Write([]byte(`{"access_token":"good"}`))
	}
	keys := testKeys(t)
	first := newWorker(t, newClient(t, addr), keys)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := first.Token(context.Background(), cred); !errors.Is(err, context.Canceled) {
			t.Errorf("a closed worker's call: %v, want context canceled", err)
		}
	})
	<-begun
	first.Close()
	began := time.Now()
	wantAccess(t, mustToken(t, newWorker(t, newClient(t, addr), keys), cred), "good")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the next worker waited %v", took)
	}
	close(release)
	wg.Wait()
	if _, err := first.Token(t.Context(), cred); !errors.Is(err, context.Canceled) {
		t.Errorf("a call after Close: %v, want context canceled", err)
	}
}
