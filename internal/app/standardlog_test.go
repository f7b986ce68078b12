package app_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

// An endpoint that answers more than it was asked has its bytes in no log.
func TestUnaskedAnswersAreNotLogged(t *testing.T) {
	logs := &devstack.Log{}
	app.KeepLibrariesQuiet(logs)
	t.Cleanup(func() { app.KeepLibrariesQuiet(io.Discard) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Read(make([]byte, 4096))
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		time.Sleep(50 * time.Millisecond) // of an endpoint that goes on later
		fmt.Fprint(conn, "jane@example.com says hello")
	}()
	resp, err := (&http.Transport{}).RoundTrip(mustRequest(t, "http://"+l.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if err := child.Until(t.Context(), 10*time.Second, "a line", func() bool { return strings.Contains(logs.String(), "Unsolicited") }); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(logs.String(), "jane") {
		t.Errorf("%s", logs.String())
	}
}

func mustRequest(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}
