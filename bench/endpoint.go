package main

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// endpoint answers 200 at once, but by its path
//
//	/hang/8      only after so many seconds
//	/status/503  that status
//	/timed/…     200, and keeps when it was called; /_times gives all that was kept
//	/secured/…   401 unless the bearer token is the last one handed out at /token; /_revoke makes that one
//	             invalid, /_tokens counts token requests; /token/300 takes so many milliseconds
type endpoint struct {
	mu       sync.Mutex
	times    map[string][]time.Time // of calls, by path
	requests int
	valid    string
}

// serveEndpoint runs one until it is killed; with a file for its certificate, with TLS.
func (r role) serveEndpoint() error {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", r.port))
	if err != nil {
		return err
	}
	server := httptest.NewUnstartedServer(&endpoint{times: map[string][]time.Time{}})
	_ = server.Listener.Close()
	server.Listener = listener
	if r.certificate == "" {
		server.Start()
		select {}
	}
	server.StartTLS()
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(r.certificate, block, 0o600); err != nil {
		return err
	}
	select {}
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch first {
	case "hang":
		pass(r, rest, time.Second)
	case "status":
		status, _ := strconv.Atoi(rest)
		w.WriteHeader(status)
	case "timed":
		e.mu.Lock()
		e.times[rest] = append(e.times[rest], time.Now())
		e.mu.Unlock()
	case "token":
		pass(r, rest, time.Millisecond)
		e.tokens(w, r, first)
	default:
		e.tokens(w, r, first)
	}
}

// pass lets so many units of time pass, unless the caller gives up.
func pass(r *http.Request, number string, unit time.Duration) {
	n, _ := strconv.Atoi(number)
	select {
	case <-time.After(time.Duration(n) * unit):
	case <-r.Context().Done():
	}
}

func (e *endpoint) tokens(w http.ResponseWriter, r *http.Request, path string) {
	if path != "secured" && path != "token" && !strings.HasPrefix(path, "_") {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch path {
	case "secured":
		if r.Header.Get("Authorization") != "Bearer "+e.valid {
			w.WriteHeader(http.StatusUnauthorized)
		}
	case "token":
		e.requests++
		e.valid = fmt.Sprint("token-", e.requests)
		_ = json.NewEncoder(w).Encode(map[string]string{"access_token": e.valid})
	case "_revoke":
		e.valid = ""
	case "_tokens":
		_ = json.NewEncoder(w).Encode(e.requests)
	case "_times":
		_ = json.NewEncoder(w).Encode(e.times)
	}
}
