package dispatcher_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/internal/pipenet"
	"github.com/journeyhook/journeyhook/schema"
)

// numb is a connection that can go dead as one does whose flow a firewall forgot: nothing arrives, and nothing says so.
type numb struct {
	net.Conn
	dead atomic.Bool
}

func (n *numb) Write(data []byte) (int, error) {
	if n.dead.Load() {
		return len(data), nil
	}
	return n.Conn.Write(data)
}

func TestADeadConnectionIsNotUsedForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		good := certificate(t, func(*x509.Certificate) {})
		var protocol atomic.Int32
		listener, ended := pipenet.Listen(), make(chan struct{})
		server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { protocol.Store(int32(r.ProtoMajor)) }), TLSConfig: &tls.Config{Certificates: []tls.Certificate{good}}, ErrorLog: quiet}
		go func() {
			defer close(ended)
			_ = server.ServeTLS(listener, "", "")
		}()
		tr, err := dispatcher.Egress{CA: trusting(t, good)}.Transport()
		if err != nil {
			t.Fatal(err)
		}
		var dialed []*numb
		tr.Base.DialContext = func(context.Context, string, string) (net.Conn, error) {
			conn, err := listener.Dial()
			dialed = append(dialed, &numb{Conn: conn})
			return dialed[len(dialed)-1], err
		}
		d := &dispatcher.Dispatcher{Transport: tr}
		call := func() schema.Outcome {
			return d.Dispatch(t.Context(), webhook("POST", "https://127.0.0.1/hooks", timeout(10*time.Second)), step("a@x.com", "", ""))
		}
		expect(t, call(), schema.Delivered, schema.ReasonDelivered, 200)
		dialed[0].dead.Store(true)
		expect(t, call(), schema.Failed, schema.ReasonTimeout, 0)
		time.Sleep(20 * time.Second)
		expect(t, call(), schema.Delivered, schema.ReasonDelivered, 200)
		if len(dialed) != 2 {
			t.Errorf("%d connections, want another than the dead one", len(dialed))
		}
		if p := protocol.Load(); p != 2 {
			t.Errorf("HTTP/%d was spoken", p)
		}
		tr.CloseIdleConnections()
		_ = server.Close()
		<-ended
	})
}

// net/http goes on with a handshake whose call has ended.
func TestAHandshakeThatHangsEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr, err := dispatcher.Egress{}.Transport()
		if err != nil {
			t.Fatal(err)
		}
		var open atomic.Int32
		tr.Base.DialContext = func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			open.Add(1)
			go func() {
				_, _ = io.Copy(io.Discard, server)
				open.Add(-1)
			}()
			return client, nil
		}
		d := &dispatcher.Dispatcher{Transport: tr}
		out := d.Dispatch(t.Context(), webhook("POST", "https://127.0.0.1/hooks", timeout(time.Second)), step("a@x.com", "", ""))
		expect(t, out, schema.Failed, schema.ReasonTimeout, 0)
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := open.Load(); n != 0 {
			t.Errorf("%d connections are still open", n)
		}
	})
}

// A server that closes a connection may say of the last requests that it did not begin with them.
func TestARequestThatWasNotBegunGoesToAnotherConnection(t *testing.T) {
	t.Parallel()
	good := certificate(t, func(*x509.Certificate) {})
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{good}, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var calls atomic.Int32
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerOnce(conn, &calls)
		}
	}()
	d := guarded(t, dispatcher.Egress{Allow: []string{"127.0.0.1"}, CA: trusting(t, good)})
	for range 3 {
		out := d.Dispatch(t.Context(), webhook("POST", "https://"+l.Addr().String(), timeout(30*time.Second)), step("a@x.com", "", ""))
		expect(t, out, schema.Delivered, schema.ReasonDelivered, 200)
	}
	if n := calls.Load(); n != 3 {
		t.Errorf("%d calls were answered", n)
	}
}

// answerOnce answers the first request of an HTTP/2 connection, and says that it did not begin with the second.
func answerOnce(conn net.Conn, calls *atomic.Int32) {
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	f := http2.NewFramer(conn, conn)
	_ = f.WriteSettings()
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				_ = f.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			if frame.StreamID > 1 {
				_ = f.WriteGoAway(1, http2.ErrCodeNo, nil)
				continue
			}
			calls.Add(1)
			var headers bytes.Buffer
			_ = hpack.NewEncoder(&headers).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: headers.Bytes(), EndStream: true, EndHeaders: true})
		}
	}
}
