package stall_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/journeyhook/journeyhook/internal/stall"
)

// Without a stall it is the timeout that everybody knows.
func TestATimeoutEnds(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond, 499 * time.Millisecond, 10 * time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			ctx, timeout := stall.WithTimeout(t.Context(), d)
			defer timeout.End()
			<-ctx.Done()
			if took := time.Since(began); took != d || !errors.Is(context.Cause(ctx), context.DeadlineExceeded) || timeout.Stall() != 0 {
				t.Errorf("%s: ended after %s with %v, stood still for %s", d, took, context.Cause(ctx), timeout.Stall())
			}
		})
	}
}

func TestATimeoutEndsWithItsParent(t *testing.T) {
	t.Parallel()
	parent, cancel := context.WithCancel(t.Context())
	ctx, timeout := stall.WithTimeout(parent, time.Hour)
	defer timeout.End()
	cancel()
	<-ctx.Done()
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		t.Error("it says that its time is over")
	}
}

const child = "STALL_TEST_CHILD"

// A process that is stopped for longer than a timeout has time left when it goes on.
func TestAStoppedProcessLivesOn(t *testing.T) {
	if os.Getenv(child) != "" {
		began := time.Now()
		ctx, timeout := stall.WithTimeout(context.Background(), 2*time.Second)
		fmt.Println("begun")
		<-ctx.Done()
		fmt.Println(time.Since(began).Milliseconds(), timeout.Stall() > 3*time.Second)
		os.Exit(0)
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestAStoppedProcessLivesOn$") //nolint:gosec // this very program
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64)
	if _, err := out.Read(buf); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(4 * time.Second)
	_ = cmd.Process.Signal(syscall.SIGCONT)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	var ms int
	var stalled string
	if _, err := fmt.Sscan(string(buf[:n]), &ms, &stalled); err != nil {
		t.Fatal(err)
	}
	if ms < 5000 || stalled != "true" {
		t.Errorf("ended after %d ms, stalled: %s; want about 6000, true", ms, stalled)
	}
}
