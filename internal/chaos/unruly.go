package main

import (
	"encoding/pem"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/internal/h2peer"
)

// unruly is an endpoint over HTTP/2, on two ports. On the first it answers as its path says, on the second it cuts every
// third handshake:
//
//	/h2/reset       resets the stream of each step's first request, by every code in turn; then 200
//	/h2/refuse      refuses the stream of each step's first request; then 200
//	/h2/refuse-all  refuses every stream
//	/h2/drain       turns each step's first request away by a GOAWAY, with all later ones of its connection; then 200
//	anything else   200
type unruly struct {
	servers   []*h2peer.Server
	listeners []net.Listener
	ca        string // file with the certificate
	ledger    *ledger

	mu   sync.Mutex
	seen map[string]int // requests by step and path
	code http2.ErrCode  // the next that a stream is reset by
}

func newUnruly(dir string, l *ledger) (*unruly, error) {
	u := &unruly{ca: filepath.Join(dir, "endpoints.pem"), ledger: l, seen: map[string]int{}}
	certified := httptest.NewTLSServer(http.NotFoundHandler()) // its certificate is for loopback
	defer certified.Close()
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certified.Certificate().Raw})
	if err := os.WriteFile(u.ca, block, 0o600); err != nil {
		return nil, err
	}
	for range 2 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		server := &h2peer.Server{TLS: certified.TLS, Early: u.early, TurnedAway: u.turnedAway, Answer: u.answer}
		u.listeners, u.servers = append(u.listeners, listener), append(u.servers, server)
	}
	u.servers[1].Handshake = cutThird
	for i, s := range u.servers {
		go s.Serve(u.listeners[i])
	}
	return u, nil
}

func (u *unruly) url(webhook string) string {
	if webhook == hookCuts {
		return "https://" + u.listeners[1].Addr().String()
	}
	return "https://" + u.listeners[0].Addr().String()
}

func (u *unruly) close() {
	for i, s := range u.servers {
		_ = u.listeners[i].Close()
		s.Close()
	}
}

// cutThird lets a handshake begin, or closes its connection after a moment.
func cutThird(conn int) bool {
	if conn%3 != 2 {
		return true
	}
	time.Sleep(rand.N(100 * time.Millisecond))
	return false
}

// early judges a request by its headers. True is the end of it.
func (u *unruly) early(r *h2peer.Request) bool {
	path, _, _ := strings.Cut(r.Header[":path"], "?")
	code, first := u.note(r.Header["idempotency-key"]+" "+path, path)
	switch {
	case !first && path != "/h2/refuse-all":
		return false
	case path == "/h2/refuse", path == "/h2/refuse-all":
		u.ledger.refused(request(r, path), false)
		r.Reset(http2.ErrCodeRefusedStream)
	case path == "/h2/drain":
		u.ledger.refused(request(r, path), false)
		r.TurnAway()
	case code%2 == 0:
		u.ledger.called(request(r, path))
		r.Reset(code)
	default:
		r.Note = code // when it has come whole
		return false
	}
	return true
}

func (u *unruly) turnedAway(r *h2peer.Request) {
	path, _, _ := strings.Cut(r.Header[":path"], "?")
	u.ledger.refused(request(r, path), true)
}

func (u *unruly) answer(r *h2peer.Request) {
	path, _, _ := strings.Cut(r.Header[":path"], "?")
	call := request(r, path)
	if code, reset := r.Note.(http2.ErrCode); reset {
		u.ledger.called(call)
		r.Reset(code)
		return
	}
	call.Status = http.StatusOK
	u.ledger.called(call)
	r.Reply(http.StatusOK, "")
}

// note counts a request, and says whether it is its step's first to a path that does something to that one. It gives
// such a one a code, each in turn but REFUSED_STREAM.
func (u *unruly) note(key, path string) (code http2.ErrCode, first bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seen[key]++
	if u.seen[key] > 1 || !strings.HasPrefix(path, "/h2/") {
		return 0, false
	}
	code = u.code
	if u.code++; u.code == http2.ErrCodeRefusedStream {
		u.code++
	}
	u.code %= http2.ErrCodeHTTP11Required + 1
	return code, true
}

// request is a request without an answer, as the ledger takes it.
func request(r *h2peer.Request, path string) devstack.Request {
	return devstack.Request{
		At: time.Now(), Method: r.Header[":method"], URI: path, Header: http.Header{"Idempotency-Key": {r.Header["idempotency-key"]}},
	}
}
