package console

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/journeyhook/journeyhook/internal/pipenet"
)

// An answer that took long to make can still be written, and one that nobody reads does not wait for ever.
func TestAnAnswerHasItsTimeFromItsBeginning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		waited := make(chan time.Duration, 1)
		server := &http.Server{Handler: hardened(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(2 * answerTime)
			began := time.Now()
			for {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Error(err)
					}
					waited <- time.Since(began)
					return
				}
			}
		}))}
		listener, ended := pipenet.Listen(), make(chan struct{})
		go func() {
			defer close(ended)
			_ = server.Serve(listener)
		}()
		client, err := listener.Dial()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReaderSize(client, 16).ReadString('\n')
		if err != nil || line != "HTTP/1.1 200 OK\r\n" {
			t.Errorf("%q %v", line, err)
		}
		if took := <-waited; took != answerTime {
			t.Errorf("it was written for %s", took)
		}
		_ = client.Close()
		_ = server.Close()
		<-ended
	})
}
