package devstack

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Request is one call as the endpoint saw it.
type Request struct {
	At     time.Time
	Method string
	URI    string // path and query as on the wire
	Header http.Header
	Body   string
	Status int // what it was answered with; 0 when nothing, or no whole status line, was written
}

// Step is the id of the step the call was made for.
func (r Request) Step() string {
	_, id, _ := strings.Cut(r.Header.Get("Idempotency-Key"), ":")
	return id
}

// Endpoint records every call and answers as its path says:
//
//	/status/503         that status
//	/fail/2/…           503 twice for each step, then 200
//	/hang               nothing, until the caller gives up
//	/slow/250           200 after so many milliseconds
//	/reset              closes the connection without an answer
//	/half               closes the connection within the headers of its answer
//	/cut                200 and half a body
//	/endless            200 and a body that does not end
//	/retry-after/2      429 with that Retry-After, once for each step, then 200
//	/profile            200 and {"firstName":"Test","lastName":"User"}
//	/html               200 and a body that is not JSON
//	/secured/…          401 unless the bearer token is one Valid knows
//	anything else       200, with an empty body
type Endpoint struct {
	*httptest.Server
	Valid    func(token string) bool // of /secured; nil refuses all
	NoRecord bool                    // counts only; for loads

	mu    sync.Mutex
	calls []Request
	seen  map[string]int // calls by step and path
	count int
	watch func(Request)
}

// StartEndpoint listens on a free loopback port.
func StartEndpoint() *Endpoint {
	e := &Endpoint{seen: map[string]int{}}
	e.Server = httptest.NewServer(e)
	return e
}

// Calls are the calls so far, oldest first.
func (e *Endpoint) Calls() []Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.calls)
}

// CallsFor are one step's calls.
func (e *Endpoint) CallsFor(step string) []Request {
	return slices.DeleteFunc(e.Calls(), func(r Request) bool { return r.Step() != step })
}

// Notify tells watch each call from now on, as it is answered.
func (e *Endpoint) Notify(watch func(Request)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watch = watch
}

// Count is how many calls came.
func (e *Endpoint) Count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.count
}

func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	call := Request{At: time.Now(), Method: r.Method, URI: r.RequestURI, Header: r.Header.Clone(), Body: string(body)}
	nth, at := e.note(call)
	sw := &statusWriter{ResponseWriter: w}
	e.answer(sw, r, nth)
	if call.Status = sw.status; sw.status == 0 && !sw.hijacked && r.Context().Err() == nil {
		call.Status = http.StatusOK
	}
	e.finish(call, at)
}

// note records the call before it is answered, and says which one it is for this step and path, from 1.
func (e *Endpoint) note(call Request) (nth, at int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count++
	key := call.Header.Get("Idempotency-Key") + " " + call.URI
	e.seen[key]++
	if !e.NoRecord {
		e.calls = append(e.calls, call)
	}
	return e.seen[key], len(e.calls) - 1
}

func (e *Endpoint) finish(call Request, at int) {
	e.mu.Lock()
	if !e.NoRecord {
		e.calls[at].Status = call.Status
	}
	watch := e.watch
	e.mu.Unlock()
	if watch != nil {
		watch(call)
	}
}

func (e *Endpoint) answer(w http.ResponseWriter, r *http.Request, nth int) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	number := 0
	if len(parts) > 1 {
		number, _ = strconv.Atoi(parts[1])
	}
	switch parts[0] {
	case "status":
		w.WriteHeader(number)
	case "fail":
		if nth <= number {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
		}
	case "retry-after":
		if nth == 1 {
			w.Header().Set("Retry-After", parts[1])
			w.WriteHeader(http.StatusTooManyRequests)
		}
	case "hang":
		<-r.Context().Done()
	case "slow":
		select {
		case <-time.After(time.Duration(number) * time.Millisecond):
		case <-r.Context().Done():
		}
	case "profile":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"firstName":"Test","lastName":"User"}`)
	case "html":
		fmt.Fprint(w, "<html>busy</html>")
	case "secured":
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if e.Valid == nil || !e.Valid(token) {
			http.Error(w, `{"error":"invalid_token"}`, http.StatusUnauthorized)
		}
	default:
		e.misbehave(w, r, parts[0])
	}
}

// misbehave does what net/http would not do by itself.
func (e *Endpoint) misbehave(w http.ResponseWriter, r *http.Request, how string) {
	switch how {
	case "reset":
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			if sw, ok := w.(*statusWriter); ok {
				sw.hijacked = true
			}
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = conn.Close()
		}
	case "half":
		if conn, out, err := http.NewResponseController(w).Hijack(); err == nil {
			if sw, ok := w.(*statusWriter); ok {
				sw.hijacked = true
			}
			_, _ = out.WriteString("HTTP/1.1 200 OK\r\nContent-Le")
			_ = out.Flush()
			_ = conn.Close()
		}
	case "cut":
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, `{"firstName":`)
	case "endless":
		chunk := []byte(strings.Repeat("0123456789abcdef", 4096))
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// statusWriter remembers what was answered.
type statusWriter struct {
	http.ResponseWriter
	status   int
	hijacked bool
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
