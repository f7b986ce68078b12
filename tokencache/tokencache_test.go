package tokencache

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// bubble runs a test in invented time with a cache whose tokens say they live for expiresIn seconds.
func bubble(t *testing.T, expiresIn int, test func(t *testing.T, c *Cache, fetches *atomic.Int64)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var fetches atomic.Int64
		c := &Cache{Client: wireless(&fetches, time.Second, expiresIn)}
		defer c.Close()
		test(t, c, &fetches)
	})
}

func TestATokenIsUsedForTenDays(t *testing.T) {
	bubble(t, 60, func(t *testing.T, c *Cache, fetches *atomic.Int64) {
		mustToken(t, c, bubbleCredentials)
		time.Sleep(tokenLife - time.Nanosecond)
		wantAccess(t, mustToken(t, c, bubbleCredentials), "token-1")
		time.Sleep(time.Nanosecond)
		wantAccess(t, mustToken(t, c, bubbleCredentials), "token-2")
	})
}

func TestEarlyRejection(t *testing.T) { // B26
	bubble(t, 432000, func(t *testing.T, c *Cache, fetches *atomic.Int64) {
		token := mustToken(t, c, bubbleCredentials)
		time.Sleep(3 * 24 * time.Hour)
		if !token.RejectedEarly(time.Now()) {
			t.Error("a 401 on day 3 is not early")
		}
		time.Sleep(3 * 24 * time.Hour)
		if token = mustToken(t, c, bubbleCredentials); token.RejectedEarly(time.Now()) {
			t.Error("a 401 on day 6 is early")
		}
		wantAccess(t, token, "token-1")
	})
}

func TestExpiryIsHonoredWhereAsked(t *testing.T) {
	bubble(t, 3600, func(t *testing.T, c *Cache, fetches *atomic.Int64) {
		honoring := bubbleCredentials
		honoring.HonorExpiresIn = true
		mustToken(t, c, honoring)
		time.Sleep(59*time.Minute - time.Nanosecond)
		wantAccess(t, mustToken(t, c, honoring), "token-1")
		time.Sleep(time.Nanosecond)
		wantAccess(t, mustToken(t, c, bubbleCredentials), "token-1")
		wantAccess(t, mustToken(t, c, honoring), "token-2")
	})
}

func TestAShortLifeIsCutByATenth(t *testing.T) {
	t.Parallel()
	now := time.Now()
	token := schema.Token{Access: schema.NewSecret("x"), FetchedAt: now, ExpiresIn: 100 * time.Second}
	for after, want := range map[time.Duration]bool{89 * time.Second: true, 90 * time.Second: false} {
		if got := usable(token, true, now.Add(after)); got != want {
			t.Errorf("usable %v after the fetch: %v, want %v", after, got, want)
		}
	}
}

func TestChangedCredentialsNeverMeetTheOldToken(t *testing.T) { // B27
	t.Parallel()
	base := bubbleCredentials
	base.Params = []schema.Pair{{Name: "a", Value: "b"}}
	changes := map[string]func(*schema.Credentials){
		"project":       func(c *schema.Credentials) { c.Project = "other" },
		"token URL":     func(c *schema.Credentials) { c.TokenURL += "/v2" },
		"client id":     func(c *schema.Credentials) { c.ClientID = "other" },
		"client secret": func(c *schema.Credentials) { c.ClientSecret = schema.NewSecret("other") },
		"scope":         func(c *schema.Credentials) { c.Scope = "read" },
		"audience":      func(c *schema.Credentials) { c.Audience = "read" },
		"params":        func(c *schema.Credentials) { c.Params = []schema.Pair{{Name: "ab", Value: ""}} },
		"more params":   func(c *schema.Credentials) { c.Params = append(c.Params, schema.Pair{}) },
		"client auth":   func(c *schema.Credentials) { c.ClientAuth = "basic" },
	}
	seen := map[identity]string{identify(base): "nothing"}
	for what, change := range changes {
		cred := base
		change(&cred)
		if same, ok := seen[identify(cred)]; ok {
			t.Errorf("a change of %s can't be told from a change of %s", what, same)
		}
		seen[identify(cred)] = what
	}
	honoring := base
	honoring.HonorExpiresIn, honoring.ClientAuth = true, "body"
	if identify(honoring) != identify(base) {
		t.Error("webhooks with the same credentials don't share a token")
	}
}

func TestACallThatGivesUpTakesNobodyWithIt(t *testing.T) {
	bubble(t, 60, func(t *testing.T, c *Cache, fetches *atomic.Int64) {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.Token(ctx, bubbleCredentials); !errors.Is(err, context.Canceled) {
				t.Errorf("the call that gave up: %v", err)
			}
		})
		synctest.Wait()
		wg.Go(func() { wantAccess(t, mustToken(t, c, bubbleCredentials), "token-1") })
		synctest.Wait()
		cancel()
		wg.Wait()
		if n := fetches.Load(); n != 1 {
			t.Errorf("%d fetches, want 1", n)
		}
	})
}

func TestARejectionJoiningAnOrdinaryLookLooksAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var fetches atomic.Int64
		shared := &fakeStore{delay: 100 * time.Millisecond}
		c := &Cache{Client: wireless(&fetches, time.Second, 60), store: shared}
		defer c.Close()
		old := schema.Token{Access: schema.NewSecret("old"), FetchedAt: time.Now()}
		shared.token = old
		var wg sync.WaitGroup
		wg.Go(func() { wantAccess(t, mustToken(t, c, bubbleCredentials), "old") })
		synctest.Wait()
		wg.Go(func() {
			fresh, err := c.Reject(t.Context(), bubbleCredentials, old)
			if err != nil {
				t.Error(err)
			}
			wantAccess(t, fresh, "token-1")
		})
		wg.Wait()
	})
}

func TestAServerThatRepeatsItsTokenIsAskedOncePerStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var fetches atomic.Int64
		c := &Cache{Client: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			fetches.Add(1)
			time.Sleep(time.Second)
			return answerOf(200, `{"access_token":"same"}`), nil
		})}}
		defer c.Close()
		refused := mustToken(t, c, bubbleCredentials)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := c.Reject(t.Context(), bubbleCredentials, refused); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := fetches.Load(); n != 2 {
			t.Errorf("%d fetches, want 2", n)
		}
	})
}

func TestAStormOfFailuresIsPacedAndNeverAnsweredFromMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var fetches atomic.Int64
		c := &Cache{Client: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			fetches.Add(1)
			return answerOf(400, `{"error":"invalid_client"}`), nil
		})}}
		defer c.Close()
		var failed *schema.TokenError
		for range 10 {
			before := fetches.Load()
			if _, err := c.Token(t.Context(), bubbleCredentials); !errors.As(err, &failed) {
				t.Fatalf("Token: %v", err)
			}
			if fetches.Load() == before {
				t.Error("a call was answered with an older failure")
			}
		}
		began := time.Now()
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() { _, _ = c.Token(t.Context(), bubbleCredentials) })
		}
		wg.Wait()
		if n := fetches.Load(); n != 11 || time.Since(began) > failurePause {
			t.Errorf("%d fetches, want 11; 1000 calls took %v", n, time.Since(began))
		}
	})
}

func TestADeadLockHolderIsReplacedInTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var fetches atomic.Int64
		c := &Cache{Client: wireless(&fetches, time.Second, 60), store: &fakeStore{held: true}}
		defer c.Close()
		began := time.Now()
		mustToken(t, c, bubbleCredentials)
		if took := time.Since(began); took < lockLife || took > lockWait+2*time.Second {
			t.Errorf("a lock that never ends held the token up for %v", took)
		}
	})
}

func TestRedisIsLeftAloneForAWhileAfterAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var fetches atomic.Int64
		broken := &fakeStore{err: errors.New("connection refused")}
		c := &Cache{Client: wireless(&fetches, time.Millisecond, 60), store: broken}
		defer c.Close()
		cred := bubbleCredentials
		for i := range 100 {
			cred.Scope = number(i)
			mustToken(t, c, cred)
		}
		if broken.calls != 1 {
			t.Errorf("Redis was asked %d times, want once", broken.calls)
		}
		time.Sleep(redisCooldown)
		broken.err = nil
		cred.Scope = "after"
		token := mustToken(t, c, cred)
		wantAccess(t, broken.token, token.Access.Reveal())
	})
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	c := &Cache{}
	c.begin()
	for i := range memoryLimit + 100 {
		c.remember(identity([]byte(fmt.Sprintf("%032d", i))), schema.Token{})
	}
	if n := len(c.tokens); n != memoryLimit {
		t.Errorf("%d tokens in memory, want %d", n, memoryLimit)
	}
}

// fakeStore is one client's place in Redis.
type fakeStore struct {
	mu    sync.Mutex
	delay time.Duration
	held  bool // by a worker that never gives it back
	err   error
	calls int
	token schema.Token
}

func (f *fakeStore) get(ctx context.Context, _ identity) (schema.Token, bool, error) {
	pause(ctx, f.delay)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	return f.token, !f.token.Access.IsZero(), f.err
}

func (f *fakeStore) lock(context.Context, identity, string) (lock, error) {
	if f.held {
		return lock{}, f.err
	}
	return lock{mine: "mine"}, f.err
}

func (f *fakeStore) finish(_ context.Context, _ identity, l lock, r result) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !r.token.Access.IsZero() {
		f.token = r.token
	}
	return f.err
}
