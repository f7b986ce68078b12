package wire_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/http2"

	"github.com/journeyhook/journeyhook/dispatcher/wire"
	"github.com/journeyhook/journeyhook/internal/h2peer"
	"github.com/journeyhook/journeyhook/internal/pipenet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counted is a server that knows its connections.
type counted struct {
	*httptest.Server
	opened, open atomic.Int32
}

func serve(t testing.TB, http2 bool, answer http.HandlerFunc) *counted {
	t.Helper()
	s := &counted{Server: httptest.NewUnstartedServer(answer)}
	s.EnableHTTP2 = http2
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.opened.Add(1)
			s.open.Add(1)
		case http.StateClosed, http.StateHijacked:
			s.open.Add(-1)
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// transport trusts the server and ends with the test.
func transport(t testing.TB, s *httptest.Server) *wire.Transport {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	tr := &wire.Transport{Base: &http.Transport{
		ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute, TLSClientConfig: &tls.Config{RootCAs: pool},
	}}
	t.Cleanup(tr.Close)
	return tr
}

// servePipes serves on pipes in memory, for tests with a clock of their own. The transport must be closed before end is called.
func servePipes(server *http.Server) (dial func(ctx context.Context, network, address string) (net.Conn, error), end func()) {
	listener, ended := pipenet.Listen(), make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
	dial = func(context.Context, string, string) (net.Conn, error) { return listener.Dial() }
	return dial, func() {
		_ = server.Close()
		<-ended
	}
}

// post makes one call and reads its answer whole.
func post(ctx context.Context, tr http.RoundTripper, url, body string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func TestConnectionsAreShared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		http2  bool
		opened int32 // at most, by 50 at once, 20 times
	}{
		"HTTP/1.1: one for each call, or two": {false, 100},
		// 16 are begun at once, and more only on a machine that stands still for a second meanwhile.
		"HTTP/2: what the first calls began": {true, 32},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.http2, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
			tr := transport(t, s.Server)
			for range 20 {
				var all sync.WaitGroup
				for range 50 {
					all.Go(func() {
						if status, err := post(t.Context(), tr, s.URL, "hello"); status != 200 || err != nil {
							t.Error(status, err)
						}
					})
				}
				all.Wait()
			}
			if n := s.opened.Load(); n > c.opened {
				t.Errorf("%d connections, want %d at most", n, c.opened)
			}
		})
	}
}

// Calls of HTTP/2 beyond what a connection carries go to another, and its room is used again.
func TestRoomOnAConnectionIsUsedAgain(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	perConn := sync.Map{}
	script := &h2peer.Server{Settings: []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 5}}, Answer: func(r *h2peer.Request) {
		count, _ := perConn.LoadOrStore(r.Conn, new(atomic.Int32))
		if n := count.(*atomic.Int32).Add(1); n > 5 {
			t.Errorf("%d calls at once on connection %d", n, r.Conn)
		}
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
		count.(*atomic.Int32).Add(-1)
		r.Reply(200, "ok")
	}}
	url, tr := scripted(t, script)
	if status, err := post(t.Context(), tr, url, "first"); status != 200 || err != nil {
		t.Fatal(status, err)
	}
	for range 5 {
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				if status, err := post(t.Context(), tr, url, "hello"); status != 200 || err != nil {
					t.Error(status, err)
				}
			})
		}
		all.Wait()
	}
	if n := script.Conns(); n > 41 {
		t.Errorf("%d connections for 40 calls at once", n)
	}
}

// scripted serves a script and returns its URL and a transport that trusts it.
func scripted(t *testing.T, script *h2peer.Server) (string, *wire.Transport) {
	t.Helper()
	certified := httptest.NewUnstartedServer(http.NotFoundHandler())
	certified.StartTLS()
	t.Cleanup(certified.Close)
	script.TLS = &tls.Config{Certificates: certified.TLS.Certificates}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go script.Serve(l)
	t.Cleanup(func() {
		_ = l.Close()
		script.Close()
	})
	return "https://" + l.Addr().String(), transport(t, certified)
}

// A connection that its server closed while it was idle carries no call.
func TestClosedIdleConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var last atomic.Value
		dial, end := servePipes(&http.Server{
			Handler:   http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
			ConnState: func(c net.Conn, _ http.ConnState) { last.Store(&c) },
		})
		tr := &wire.Transport{Base: &http.Transport{DialContext: dial}}
		for range 3 {
			if status, err := post(t.Context(), tr, "http://there", "hello"); status != 200 || err != nil {
				t.Error(status, err)
			}
			_ = (*last.Load().(*net.Conn)).Close()
			synctest.Wait()
		}
		tr.Close()
		end()
	})
}

func TestIdleConnectionsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int32
		dial, end := servePipes(&http.Server{
			Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) }),
			ConnState: func(_ net.Conn, state http.ConnState) {
				switch state {
				case http.StateNew:
					open.Add(1)
				case http.StateClosed:
					open.Add(-1)
				}
			},
		})
		tr := &wire.Transport{MaxIdle: 3, Base: &http.Transport{IdleConnTimeout: 90 * time.Second, DialContext: dial}}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if status, err := post(t.Context(), tr, "http://there", ""); status != 200 || err != nil {
					t.Error(status, err)
				}
			})
		}
		all.Wait()
		synctest.Wait()
		if n := open.Load(); n != 3 {
			t.Errorf("%d connections are kept, want 3", n)
		}
		time.Sleep(60 * time.Second)
		if status, err := post(t.Context(), tr, "http://there", ""); status != 200 || err != nil {
			t.Error(status, err)
		}
		time.Sleep(45 * time.Second)
		synctest.Wait()
		if n := open.Load(); n != 1 {
			t.Errorf("%d connections are kept, want the one that was used", n)
		}
		time.Sleep(60 * time.Second)
		synctest.Wait()
		if n := open.Load(); n != 0 {
			t.Errorf("%d connections are kept for more than 90 s", n)
		}
		tr.Close()
		end()
	})
}

func TestACallThatIsGivenUpLeavesItsConnectionToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dial, end := servePipes(&http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
		dials := 0
		tr := &wire.Transport{Base: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			dials++
			time.Sleep(2 * time.Second)
			return dial(ctx, network, address)
		}}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := post(ctx, tr, "http://there", ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline", err)
		}
		time.Sleep(2 * time.Second)
		began := time.Now()
		if status, err := post(t.Context(), tr, "http://there", ""); status != 200 || err != nil {
			t.Error(status, err)
		}
		if took := time.Since(began); took > 0 || dials != 1 {
			t.Errorf("the next call took %s and %d connections were made; want the one that there was", took, dials)
		}
		tr.Close()
		end()
	})
}

// A request of which nothing was sent goes to another connection; one of which something was, does not.
func TestWhatABrokenConnectionTook(t *testing.T) {
	t.Parallel()
	requests := atomic.Int32{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { // answers one request, and closes on the second
				defer c.Close()
				buf := make([]byte, 4096)
				for i := range 2 {
					if n, err := c.Read(buf); n == 0 || err != nil {
						return
					}
					requests.Add(1)
					if i == 0 {
						_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
					}
				}
			})
		}
	})
	tr := &wire.Transport{Base: &http.Transport{}}
	t.Cleanup(func() {
		tr.Close()
		_ = l.Close()
		serving.Wait()
	})
	url := "http://" + l.Addr().String()
	for i := range 4 {
		_, err := post(t.Context(), tr, url, "")
		if failed := err != nil; failed != (i%2 == 1) {
			t.Errorf("call %d: %v", i+1, err)
		}
		if n := requests.Load(); n != int32(i+1) {
			t.Errorf("%d requests came after %d calls", n, i+1)
		}
	}
}

func TestJudgedBeforeAnything(t *testing.T) {
	t.Parallel()
	refused := errors.New("not there")
	tr := &wire.Transport{Base: &http.Transport{}, Judge: func(host string) error {
		if host == "::1" {
			return refused
		}
		return nil
	}}
	if _, err := post(t.Context(), tr, "http://[::1]:1/", ""); !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
	var connect *wire.ConnectError
	if _, err := post(t.Context(), tr, "http://127.0.0.1:1/", ""); !errors.As(err, &connect) || connect.Handshake {
		t.Errorf("error %v, want one of connecting", err)
	}
	tr.Close()
	if _, err := post(t.Context(), tr, "http://127.0.0.1:1/", ""); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error %v, want that of a closed transport", err)
	}
}

// Many calls at once, given up at any moment, to a server that closes its connections at any moment: each call ends, none
// comes twice, and in the end nothing is open.
func TestCallsInDisorder(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		var seen sync.Map
		s := serve(t, http2, func(w http.ResponseWriter, r *http.Request) {
			id, _ := io.ReadAll(r.Body)
			if _, twice := seen.LoadOrStore(string(id), true); twice && len(id) > 0 {
				t.Errorf("HTTP/2 %t: call %s came twice", http2, id)
			}
			if id := string(id); strings.HasSuffix(id, "7") {
				w.Header().Set("Connection", "close")
			}
			_, _ = w.Write(id)
		})
		tr := transport(t, s.Server)
		var all sync.WaitGroup
		for worker := range 24 {
			all.Go(func() {
				for i := range 60 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+(i*7+worker)%13)*time.Millisecond)
					if i%3 == 0 {
						ctx = t.Context()
					}
					_, err := post(ctx, tr, s.URL, string(rune('a'+worker))+string(rune('A'+i%26))+string(rune('0'+i/26))+string(rune('0'+i%10)))
					if err != nil && ctx.Err() == nil && !http2 {
						t.Errorf("HTTP/2 %t: %v", http2, err)
					}
					cancel()
				}
			})
		}
		all.Wait()
		tr.Close()
		deadline := time.Now().Add(5 * time.Second)
		for s.open.Load() > 0 && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		if n := s.open.Load(); n != 0 {
			t.Errorf("HTTP/2 %t: %d connections stayed open", http2, n)
		}
	}
}

// A call whose connection was cut while it was made gets another chance where calls of its host are under way, and fails at
// once where none are.
func TestAHostThatTakesNoMoreConnections(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		busy bool
		wait time.Duration
	}{
		"a call is under way":     {true, 2 * time.Second},
		"nothing but a dead host": {false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				dial, end := servePipes(&http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(3 * time.Second) })})
				dials := 0
				tr := &wire.Transport{Base: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
					if dials++; dials == 1 && c.busy {
						return dial(ctx, network, address)
					}
					return nil, io.EOF
				}}}
				var first sync.WaitGroup
				if c.busy {
					first.Go(func() { _, _ = post(t.Context(), tr, "http://there", "") })
					time.Sleep(time.Second)
				}
				began := time.Now()
				_, err := post(t.Context(), tr, "http://there", "")
				if failed := err != nil; failed == c.busy {
					t.Errorf("error %v", err)
				}
				if took := time.Since(began); c.busy && took != c.wait+3*time.Second || !c.busy && took != 0 {
					t.Errorf("it took %s", took)
				}
				if dials > 3 {
					t.Errorf("%d connections were tried", dials)
				}
				first.Wait()
				tr.Close()
				end()
			})
		})
	}
}
