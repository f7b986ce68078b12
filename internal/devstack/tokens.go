package devstack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"
)

// TokenServer hands out OAuth tokens. Change Behave for one that misbehaves.
type TokenServer struct {
	*httptest.Server
	ExpiresIn int           // seconds; 0 leaves expires_in out
	Delay     time.Duration // before each answer
	// Behave answers instead when it is set and returns true.
	Behave func(w http.ResponseWriter, r *http.Request) bool

	requests atomic.Int64
	mu       sync.Mutex
	valid    map[string]bool
	bodies   []string
}

// StartTokenServer listens on a free loopback port.
func StartTokenServer() *TokenServer {
	t := &TokenServer{valid: map[string]bool{}}
	t.Server = httptest.NewServer(t)
	return t
}

// Requests is how many token requests came.
func (t *TokenServer) Requests() int { return int(t.requests.Load()) }

// Bodies are the request bodies so far.
func (t *TokenServer) Bodies() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.bodies...)
}

// Valid reports whether a token was handed out and not revoked.
func (t *TokenServer) Valid(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.valid[token]
}

// RevokeAll makes every token handed out so far invalid.
func (t *TokenServer) RevokeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.valid)
}

func (t *TokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := t.requests.Add(1)
	time.Sleep(t.Delay)
	if t.Behave != nil && t.Behave(w, r) {
		return
	}
	if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") != "client_credentials" {
		http.Error(w, `{"error":"unsupported_grant_type"}`, http.StatusBadRequest)
		return
	}
	token := fmt.Sprintf("token-%d", n)
	t.mu.Lock()
	t.valid[token] = true
	t.bodies = append(t.bodies, r.PostForm.Encode())
	t.mu.Unlock()
	answer := map[string]any{"access_token": token, "token_type": "Bearer"}
	if t.ExpiresIn != 0 {
		answer["expires_in"] = t.ExpiresIn
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}
