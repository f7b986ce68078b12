package dispatcher_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"golang.org/x/net/http2"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/internal/h2peer"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/tokencache"
)

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// peer serves HTTP/2 as the script says and returns its URL and a dispatcher that trusts it.
func peer(t *testing.T, s *h2peer.Server) (string, *dispatcher.Dispatcher) {
	t.Helper()
	good := certificate(t, func(*x509.Certificate) {})
	s.TLS = &tls.Config{Certificates: []tls.Certificate{good}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	t.Cleanup(func() {
		_ = l.Close()
		s.Close()
	})
	return "https://" + l.Addr().String(), guarded(t, dispatcher.Egress{Allow: []string{"127.0.0.1"}, CA: trusting(t, good)})
}

// C39, C48: what may have been processed is never sent again within an attempt; what HTTP/2 says was not is sent once
// more, whatever the method.
func TestRequestsOverHTTP2(t *testing.T) {
	t.Parallel()
	reply := func(r *h2peer.Request) { r.Reply(200, "") }
	reset := func(code http2.ErrCode) func(*h2peer.Request) { return func(r *h2peer.Request) { r.Reset(code) } }
	goAway := func(last func(uint32) uint32, code http2.ErrCode) func(*h2peer.Request) {
		return func(r *h2peer.Request) { r.GoAway(last(r.Stream), code, "") }
	}
	before := func(stream uint32) uint32 { return stream - 1 }
	itself := func(stream uint32) uint32 { return stream }
	for name, c := range map[string]struct {
		warm  int // calls answered before, on the same connection
		first func(*h2peer.Request)
		then  func(*h2peer.Request)
		calls int32 // that the endpoint sees of the last attempt
		fails bool
	}{
		"answered":                                       {0, reply, reply, 1, false},
		"refused once":                                   {0, reset(http2.ErrCodeRefusedStream), reply, 2, false},
		"refused once, later on the connection":          {2, reset(http2.ErrCodeRefusedStream), reply, 2, false},
		"always refused":                                 {0, reset(http2.ErrCodeRefusedStream), reset(http2.ErrCodeRefusedStream), 2, true},
		"refused, then reset":                            {0, reset(http2.ErrCodeRefusedStream), reset(http2.ErrCodeProtocol), 2, true},
		"a GOAWAY before the stream":                     {1, goAway(before, http2.ErrCodeNo), reply, 2, false},
		"a GOAWAY before the first stream":               {0, goAway(before, http2.ErrCodeNo), reply, 2, false},
		"a GOAWAY before the stream, for an error":       {1, goAway(before, http2.ErrCodeEnhanceYourCalm), reply, 2, false},
		"a GOAWAY before the first stream, for an error": {0, goAway(before, http2.ErrCodeEnhanceYourCalm), reply, 2, false},
		"always a GOAWAY before the stream":              {0, goAway(before, http2.ErrCodeNo), goAway(before, http2.ErrCodeNo), 2, true},
		"a GOAWAY that counts the stream in, and closed": {1, func(r *h2peer.Request) { r.GoAway(itself(r.Stream), http2.ErrCodeNo, ""); r.Cut() }, reply, 1, true},
		"a GOAWAY that counts the stream in, answered":   {1, func(r *h2peer.Request) { r.GoAway(itself(r.Stream), http2.ErrCodeNo, ""); r.Reply(200, "") }, reply, 1, false},
		"the connection is cut":                          {0, (*h2peer.Request).Cut, reply, 1, true},
		"the connection is cut, later":                   {3, (*h2peer.Request).Cut, reply, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, method := range methods {
				var calls, warm atomic.Int32
				warm.Store(int32(c.warm))
				url, d := peer(t, &h2peer.Server{Answer: func(r *h2peer.Request) {
					switch {
					case warm.Load() > 0:
						reply(r)
					case calls.Add(1) == 1:
						c.first(r)
					default:
						c.then(r)
					}
				}})
				for range c.warm {
					expect(t, d.Dispatch(t.Context(), webhook(method, url), step("a@x.com", "", "")), schema.Delivered, schema.ReasonDelivered, 200)
					warm.Add(-1)
				}
				out := d.Dispatch(t.Context(), webhook(method, url, timeout(30*time.Second)), step("a@x.com", "", ""))
				if c.fails {
					expect(t, out, schema.Failed, schema.ReasonConnection, 0)
				} else {
					expect(t, out, schema.Delivered, schema.ReasonDelivered, 200)
				}
				if n := calls.Load(); n != c.calls {
					t.Errorf("%s: the endpoint saw %d calls, want %d", method, n, c.calls)
				}
			}
		})
	}
}

// C39: every code but REFUSED_STREAM leaves open what became of the request, whenever it comes.
func TestResetStreams(t *testing.T) {
	t.Parallel()
	for code := http2.ErrCodeNo; code <= http2.ErrCodeHTTP11Required; code++ {
		if code == http2.ErrCodeRefusedStream {
			continue
		}
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			for _, early := range []bool{false, true} {
				for _, method := range methods {
					var calls atomic.Int32
					s := &h2peer.Server{Answer: func(r *h2peer.Request) { calls.Add(1); r.Reset(code) }}
					if early {
						s.Early = func(r *h2peer.Request) bool { calls.Add(1); r.Reset(code); return true }
					}
					url, d := peer(t, s)
					out := d.Dispatch(t.Context(), webhook(method, url, timeout(2*time.Second)), step("a@x.com", "", `{"a":"b"}`))
					expect(t, out, schema.Failed, schema.ReasonConnection, 0)
					if n := calls.Load(); n != 1 {
						t.Errorf("%s, early %t: the endpoint saw %d calls, want 1", method, early, n)
					}
				}
			}
		})
	}
}

// C11: a GET ends with its headers; a proxy would have to announce a body to HTTP/1.1 otherwise.
func TestGETHasNoBodyOverHTTP2(t *testing.T) {
	t.Parallel()
	got := make(chan *h2peer.Request, 1)
	url, d := peer(t, &h2peer.Server{Answer: func(r *h2peer.Request) { got <- r; r.Reply(200, "{}") }})
	for _, s := range []*schema.Step{step("a@x.com", "", `{"a":1}`), profileTile(step("a@x.com", "", ""))} {
		expect(t, d.Dispatch(t.Context(), webhook("GET", url), s), schema.Delivered, schema.ReasonDelivered, 200)
		r := <-got
		_, hasLength := r.Header["content-length"]
		if !r.EndedByHeaders || hasLength || len(r.Body) > 0 {
			t.Errorf("ended by headers %t, content-length %t, body %q", r.EndedByHeaders, hasLength, r.Body)
		}
	}
}

// C49: the handshake of a connection that did not carry the call decides nothing.
func TestHandshakesOfOtherConnections(t *testing.T) {
	t.Parallel()
	for name, handshake := range map[string]func(conn int) bool{
		"the others are cut after a while": func(conn int) bool {
			if conn > 1 {
				time.Sleep(100 * time.Millisecond)
			}
			return conn == 1
		},
		"the others hang": func(conn int) bool {
			if conn > 1 {
				time.Sleep(700 * time.Millisecond)
			}
			return conn == 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			url, d := peer(t, &h2peer.Server{Handshake: handshake, Answer: func(r *h2peer.Request) {
				calls.Add(1)
				time.Sleep(400 * time.Millisecond)
				r.Reset(http2.ErrCodeInternal)
			}})
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					out := d.Dispatch(t.Context(), webhook("POST", url), step("a@x.com", "", ""))
					expect(t, out, schema.Failed, schema.ReasonConnection, 0)
				})
			}
			all.Wait()
			if n := calls.Load(); n > 20 {
				t.Errorf("%d calls came of 20 attempts", n)
			}
		})
	}
}

// C49: a certificate that is refused fails the call whose connection it was for, though others work.
func TestAlertsAfterTheHandshake(t *testing.T) {
	t.Parallel()
	good := certificate(t, func(*x509.Certificate) {})
	d := guarded(t, dispatcher.Egress{Allow: []string{"127.0.0.1"}, CA: trusting(t, good)})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, answered := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, answered before %t", tls.VersionName(version), answered), func(t *testing.T) {
				t.Parallel()
				url := rawServer(t, func(conn net.Conn) {
					server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: version})
					if server.Handshake() != nil {
						return
					}
					readRequest(server)
					if answered {
						fmt.Fprint(server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
						readRequest(server)
					}
					// Bytes that are no record make the other side send an alert, and give up by one of its own.
					_, _ = conn.Write([]byte("\x17\x03\x03\x00\x10xxxxxxxxxxxxxxxx"))
					_, _ = conn.Read(make([]byte, 1024))
				})
				hook := webhook("POST", "https"+url[len("http"):])
				if answered {
					expect(t, d.Dispatch(t.Context(), hook, step("a@x.com", "", "")), schema.Delivered, schema.ReasonDelivered, 200)
				}
				expect(t, d.Dispatch(t.Context(), hook, step("a@x.com", "", "")), schema.Failed, schema.ReasonConnection, 0)
			})
		}
	}
}

// C9, C48: one token fetch is three requests at most, whatever the protocol.
func TestTokenRequestsOverHTTP2(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	for _, code := range []http2.ErrCode{http2.ErrCodeProtocol, http2.ErrCodeInternal, http2.ErrCodeRefusedStream, http2.ErrCodeCancel} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			url, d := peer(t, &h2peer.Server{Answer: func(r *h2peer.Request) { requests.Add(1); r.Reset(code) }})
			keys, err := schema.ParseKeys([]string{schema.NewKey()})
			if err != nil {
				t.Fatal(err)
			}
			tokens := &tokencache.Cache{Redis: rdb, Keys: keys, Client: &http.Client{Transport: d.Transport}}
			t.Cleanup(tokens.Close)
			_, err = tokens.Token(t.Context(), schema.Credentials{Project: "acme", ClientID: code.String(), ClientSecret: schema.NewSecret("x"), TokenURL: url})
			var refused *schema.TokenError
			if !errors.As(err, &refused) {
				t.Errorf("error %v", err)
			}
			if n := requests.Load(); n != 3 {
				t.Errorf("%d token requests, want 3", n)
			}
		})
	}
}

// Limits must know of every call before it is made.
func TestRoomIsAskedForBeforeAnotherCall(t *testing.T) {
	t.Parallel()
	var calls, asked atomic.Int32
	url, d := peer(t, &h2peer.Server{Answer: func(r *h2peer.Request) { calls.Add(1); r.Reset(http2.ErrCodeRefusedStream) }})
	d.Room = func(context.Context, *schema.Webhook) error { asked.Add(1); return nil }
	expect(t, d.Dispatch(t.Context(), webhook("POST", url), step("a@x.com", "", "")), schema.Failed, schema.ReasonConnection, 0)
	if calls.Load() != 2 || asked.Load() != 1 {
		t.Errorf("%d calls, room asked for %d times; want 2 and 1", calls.Load(), asked.Load())
	}
	d.Room = func(context.Context, *schema.Webhook) error { return context.DeadlineExceeded }
	expect(t, d.Dispatch(t.Context(), webhook("POST", url), step("a@x.com", "", "")), schema.Failed, schema.ReasonConnection, 0)
	if calls.Load() != 3 {
		t.Errorf("%d calls, want 3: no room is no second call", calls.Load())
	}
}

// A server may take few calls at once, which nobody knows before its settings have come. Calls beyond that go to other
// connections, once each was refused at most.
func TestManyCallsToAServerThatTakesFew(t *testing.T) {
	t.Parallel()
	for _, limit := range []int32{1, 3, 20} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			var running [400]atomic.Int32 // by connection
			var seen, most atomic.Int32
			url, d := peer(t, &h2peer.Server{
				Settings: []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: uint32(limit)}},
				Early: func(r *h2peer.Request) bool {
					if n := running[r.Conn].Add(1); n > limit {
						running[r.Conn].Add(-1)
						r.Reset(http2.ErrCodeRefusedStream)
						return true
					}
					return false
				},
				Answer: func(r *h2peer.Request) {
					seen.Add(1)
					time.Sleep(50 * time.Millisecond)
					most.Store(max(most.Load(), int32(r.Conn)))
					running[r.Conn].Add(-1)
					r.Reply(200, "")
				},
			})
			for range 2 {
				var all sync.WaitGroup
				for range 100 {
					all.Go(func() {
						out := d.Dispatch(t.Context(), webhook("POST", url, timeout(30*time.Second)), step("a@x.com", "", ""))
						expect(t, out, schema.Delivered, schema.ReasonDelivered, 200)
					})
				}
				all.Wait()
			}
			if n := seen.Load(); n != 200 {
				t.Errorf("%d calls were processed, want 200", n)
			}
			t.Logf("%d connections", most.Load())
		})
	}
}
