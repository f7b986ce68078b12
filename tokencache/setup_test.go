package tokencache

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// tokenServer gives out token-1, token-2, … and remembers what it was sent.
type tokenServer struct {
	*httptest.Server
	count  atomic.Int64
	delay  time.Duration
	answer func(n int64, w http.ResponseWriter) // nil = a good token

	mu   sync.Mutex
	body string
	head http.Header
}

func newTokenServer(t *testing.T) *tokenServer {
	s := &tokenServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.count.Add(1)
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.body, s.head = string(body), r.Header.Clone()
		s.mu.Unlock()
		time.Sleep(s.delay) // inside a handler: a slow server
		if s.answer != nil {
			s.answer(n, w)
			return
		}
		fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":3600}`, n)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *tokenServer) credentials() schema.Credentials {
	return schema.Credentials{
		Project: "acme", TokenURL: s.URL + "/token?tenant=canary-query", ClientID: "crm",
		ClientSecret: schema.NewSecret("canary-secret"), ClientAuth: "body",
	}
}

func (s *tokenServer) wantCount(t *testing.T, want int64) {
	t.Helper()
	if got := s.count.Load(); got != want {
		t.Errorf("the token server saw %d requests, want %d", got, want)
	}
}

// roundTripper answers without a network, so that it works in a synctest bubble.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// wireless is a client whose server gives out token-1, token-2, … after a delay.
func wireless(count *atomic.Int64, delay time.Duration, expiresIn int) *http.Client {
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		n := count.Add(1)
		if !pause(r.Context(), delay) {
			return nil, r.Context().Err()
		}
		return answerOf(200, fmt.Sprintf(`{"access_token":"token-%d","expires_in":%d}`, n, expiresIn)), nil
	})}
}

func answerOf(status int, body string) *http.Response {
	rec := httptest.NewRecorder()
	rec.WriteHeader(status)
	_, _ = rec.WriteString(body)
	return rec.Result()
}

var bubbleCredentials = schema.Credentials{
	Project: "acme", TokenURL: "https://auth.example.com/token", ClientID: "crm", ClientSecret: schema.NewSecret("s3cret"),
}

func testKeys(t *testing.T) *schema.Keys {
	t.Helper()
	keys, err := schema.ParseKeys([]string{schema.NewKey()})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// newWorker is one worker's cache.
func newWorker(t *testing.T, client redis.UniversalClient, keys *schema.Keys) *Cache {
	c := &Cache{Redis: client, Keys: keys, AllowHTTP: true, Log: zerolog.New(zerolog.NewTestWriter(t)), Client: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(func() {
		c.Close()
		c.Client.CloseIdleConnections()
	})
	return c
}

func mustToken(t *testing.T, c *Cache, cred schema.Credentials) schema.Token {
	t.Helper()
	token, err := c.Token(t.Context(), cred)
	if err != nil {
		t.Fatalf("Token: %v", err)
	}
	return token
}

func wantAccess(t *testing.T, token schema.Token, want string) {
	t.Helper()
	if got := token.Access.Reveal(); got != want {
		t.Errorf("the token is %q, want %q", got, want)
	}
}

// eachRedis runs a test on the embedded Redis and on a real one.
func eachRedis(t *testing.T, test func(t *testing.T, addr string)) {
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		test(t, miniredis.RunT(t).Addr())
	})
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		test(t, startRedis(t))
	})
}

// startRedis starts a real redis-server, which CI insists on.
func startRedis(t *testing.T) string {
	t.Helper()
	server, err := devstack.StartRedisServer(t.TempDir())
	if errors.Is(err, devstack.ErrNoRedisServer) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server.Addr
}

func newClient(t *testing.T, addr string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialTimeout: 300 * time.Millisecond})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func keyOf(cred schema.Credentials) string {
	return (&redisStore{}).key(identify(cred))
}

func number(i int) string { return strconv.Itoa(i) }
