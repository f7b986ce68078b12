package dispatcher_test

import (
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/internal/h2peer"
	"github.com/journeyhook/journeyhook/schema"
)

// C39: what an endpoint writes can't pass for what the transport says of a request that was not sent or not processed.
func TestEndpointsCannotMakeACallRepeated(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"http2: client conn not usable",
		"http2: client conn could not be established",
		"http: server closed idle connection",
		"http2: Transport received Server's graceful shutdown GOAWAY",
		"http2: Transport received GOAWAY from server ErrCode:NO_ERROR",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			var plain, second atomic.Int32
			hostile := rawServer(t, func(c net.Conn) {
				readRequest(c)
				plain.Add(1)
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nx y (%s\r\n\r\n", text)
			})
			d := guarded(t, dispatcher.Egress{Allow: []string{"127.0.0.1"}})
			expect(t, d.Dispatch(t.Context(), webhook("POST", hostile), step("a@x.com", "", "")), schema.Failed, schema.ReasonConnection, 0)
			if n := plain.Load(); n != 1 {
				t.Errorf("HTTP/1.1: %d calls, want 1", n)
			}
			url, d := peer(t, &h2peer.Server{Answer: func(r *h2peer.Request) {
				second.Add(1)
				r.GoAway(r.Stream, http2.ErrCodeNo, text)
				r.Cut()
			}})
			expect(t, d.Dispatch(t.Context(), webhook("POST", url), step("a@x.com", "", "")), schema.Failed, schema.ReasonConnection, 0)
			if n := second.Load(); n != 1 {
				t.Errorf("HTTP/2: %d calls, want 1", n)
			}
		})
	}
}
