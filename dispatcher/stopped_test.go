package dispatcher_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/dispatcher"
)

const stoppedURL = "DISPATCHER_TEST_STOPPED_URL"

// A worker that is stopped during a call reads the answer that came in time when it goes on, however late that is. Where
// there is none, nobody knows whose fault that was.
func TestACallOutlivesAStopOfItsWorker(t *testing.T) {
	if url := os.Getenv(stoppedURL); url != "" {
		d := &dispatcher.Dispatcher{Transport: http.DefaultTransport, AllowHTTP: true}
		out := d.Dispatch(t.Context(), webhook("POST", url, timeout(2*time.Second)), step("a@x.com", "", ""))
		fmt.Println("outcome", out.Verdict, out.Reason, out.Unsure)
		return
	}
	t.Parallel()
	for name, c := range map[string]struct {
		answers bool
		want    string
	}{
		"the answer came in time": {true, "outcome 2 delivered false"},
		"no answer came":          {false, "outcome 1 timeout true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			called, over := make(chan struct{}), make(chan struct{})
			w := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				close(called)
				if !c.answers {
					<-over
				}
			}))
			defer w.Close()
			defer close(over)
			cmd := exec.Command(os.Args[0], "-test.run", "^TestACallOutlivesAStopOfItsWorker$", "-test.v") //nolint:gosec // this very program
			cmd.Env = append(os.Environ(), stoppedURL+"="+w.URL)
			var said strings.Builder
			cmd.Stdout, cmd.Stderr = &said, &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-called
			_ = cmd.Process.Signal(syscall.SIGSTOP)
			time.Sleep(4 * time.Second)
			_ = cmd.Process.Signal(syscall.SIGCONT)
			_ = cmd.Wait()
			if !strings.Contains(said.String(), c.want) {
				t.Errorf("want %q in\n%s", c.want, said.String())
			}
		})
	}
}
