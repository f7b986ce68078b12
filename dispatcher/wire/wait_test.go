package wire_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/journeyhook/journeyhook/dispatcher/wire"
	"github.com/journeyhook/journeyhook/internal/h2peer"
	"github.com/journeyhook/journeyhook/internal/pipenet"
)

// dialed makes a transport of plain HTTP/1.1 whose n-th connection, from 1, is what dial makes of a good one.
func dialed(t *testing.T, answer http.HandlerFunc, dial func(n int, good func() (net.Conn, error)) (net.Conn, error)) *wire.Transport {
	listener, ended := pipenet.Listen(), make(chan struct{})
	server := &http.Server{Handler: answer}
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
	var mu sync.Mutex
	dials := 0
	tr := &wire.Transport{Base: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		mu.Lock()
		dials++
		n := dials
		mu.Unlock()
		return dial(n, func() (net.Conn, error) { return listener.Dial() })
	}}}
	t.Cleanup(func() {
		tr.Close()
		_ = server.Close()
		<-ended
	})
	return tr
}

// hang is a dial that lasts until the transport gives it up.
func hang() (net.Conn, error) {
	time.Sleep(time.Minute)
	return nil, errors.New("nobody there")
}

func postWithin(t *testing.T, tr http.RoundTripper, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	_, err := post(ctx, tr, "http://there", "")
	return err
}

// The connection made for one call may go to another that came earlier, and that one's own may fail.
func TestAConnectionThatWentToAnotherCallIsMadeUpFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := dialed(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			time.Sleep(4 * time.Second)
		}, func(n int, good func() (net.Conn, error)) (net.Conn, error) {
			switch n {
			case 1:
				time.Sleep(500 * time.Millisecond)
				return nil, io.ErrNoProgress
			case 2:
				time.Sleep(200 * time.Millisecond)
			}
			return good()
		})
		var all sync.WaitGroup
		for range 2 {
			began := time.Now()
			all.Go(func() {
				if err := postWithin(t, tr, 10*time.Second); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("it took %s", took)
				}
			})
			synctest.Wait()
		}
		all.Wait()
	})
}

// Whoever waits behind connections that hang gets one that does not.
func TestConnectionsThatHangHoldNobodyUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		calls int
		hung  int // connections, the first ones
		late  time.Duration
	}{
		"as many as are made at once":     {40, 16, 2 * time.Second},
		"more, of a host that then works": {100, 40, 4 * time.Second},
		"one of very many calls":          {1000, 1, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tr := dialed(t, func(http.ResponseWriter, *http.Request) {}, func(n int, good func() (net.Conn, error)) (net.Conn, error) {
					if n <= c.hung {
						return hang()
					}
					time.Sleep(10 * time.Millisecond)
					return good()
				})
				var all sync.WaitGroup
				for range c.calls {
					began := time.Now()
					all.Go(func() {
						if err := postWithin(t, tr, 10*time.Second); err != nil {
							t.Error(err)
						}
						if took := time.Since(began); took > c.late {
							t.Errorf("it took %s", took)
						}
					})
				}
				all.Wait()
			})
		})
	}
}

// A call that was given up leaves its place to the next.
func TestGivenUpCallsLeaveTheirTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		tr := dialed(t, func(http.ResponseWriter, *http.Request) {}, func(_ int, good func() (net.Conn, error)) (net.Conn, error) {
			if time.Since(began) < 500*time.Millisecond {
				return hang()
			}
			return good()
		})
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if err := postWithin(t, tr, 600*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if err := postWithin(t, tr, 10*time.Second); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %s", took)
		}
		all.Wait()
	})
}

// A server may change how many calls it takes at once.
func TestALimitThatChanges(t *testing.T) {
	t.Parallel()
	limit := func(n uint32) http2.Setting { return http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: n} }
	for name, c := range map[string]struct{ first, then uint32 }{
		"lowered": {100, 2},
		"raised":  {1, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			var come sync.WaitGroup
			come.Add(60)
			url, tr := scripted(t, &h2peer.Server{Settings: []http2.Setting{limit(c.first)}, Answer: func(r *h2peer.Request) {
				if calls.Add(1) <= 60 {
					come.Done()
					come.Wait()
					r.Set(limit(c.then))
				}
				r.Reply(200, "")
			}})
			for range 3 {
				var all sync.WaitGroup
				for range 60 {
					all.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
						defer cancel()
						if _, err := post(ctx, tr, url, "hello"); err != nil {
							t.Error(err)
						}
					})
				}
				all.Wait()
			}
		})
	}
}
