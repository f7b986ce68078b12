package child_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/journeyhook/journeyhook/internal/child"
)

// TestMain is also the program that the tests run: CHILD says how it behaves.
func TestMain(m *testing.M) {
	switch os.Getenv("CHILD") {
	case "":
		goleak.VerifyTestMain(m)
	case "obedient", "sullen":
		term := make(chan os.Signal, 1)
		signal.Notify(term, syscall.SIGTERM)
		fmt.Println("ready")
		<-term
		if os.Getenv("CHILD") == "sullen" {
			os.Exit(3)
		}
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		time.Sleep(time.Minute)
	case "busy":
		fmt.Println("ready")
		for ballast := bytes.Repeat([]byte{1}, 64<<20); ; ballast[0]++ {
		}
	case "short":
		os.Exit(4)
	}
}

// start runs this program and waits until it behaves as named.
func start(t *testing.T, how string) *child.Process {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := child.Command([]string{"CHILD=" + how}, os.Args[0])
	cmd.Stdout = w
	p, err := child.Start(how, cmd)
	_ = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	if how != "short" {
		if _, err := fmt.Fscanln(r, new(string)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		how    string
		signal syscall.Signal
		within time.Duration
		want   string // of the error; none when empty
	}{
		"one that ends when asked":           {"obedient", syscall.SIGTERM, time.Minute, ""},
		"one that was killed, as was wanted": {"obedient", syscall.SIGKILL, time.Minute, ""},
		"one that ends badly":                {"sullen", syscall.SIGTERM, time.Minute, "exit status 3"},
		"one that does not end is killed":    {"deaf", syscall.SIGTERM, 100 * time.Millisecond, "deaf did not end within"},
		"one that knows nothing of signals":  {"busy", syscall.SIGTERM, time.Minute, "signal: terminated"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, c.how)
			err := p.End(c.signal, c.within)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if err := p.EndedByItself(); err != nil {
				t.Errorf("it was asked to: %v", err)
			}
			if p.RSS() != 0 {
				t.Error("it is still there")
			}
		})
	}
}

func TestEndedByItself(t *testing.T) {
	t.Parallel()
	if err := start(t, "obedient").EndedByItself(); err != nil {
		t.Errorf("it runs: %v", err)
	}
	p := start(t, "short")
	if err := child.Until(t.Context(), 10*time.Second, "its end", func() bool { return p.EndedByItself() != nil }); err != nil {
		t.Fatal(err)
	}
	if err := p.EndedByItself(); !strings.Contains(err.Error(), "short ended by itself: exit status 4") {
		t.Error(err)
	}
	if _, err := child.Start("nothing", child.Command(nil, "/nonexistent/program")); err == nil || !strings.Contains(err.Error(), "start nothing") {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	p := start(t, "busy")
	if err := child.Until(t.Context(), 20*time.Second, "0.1 s of CPU and 64 MiB", func() bool {
		return p.CPU() >= 100*time.Millisecond && p.RSS() >= 64
	}); err != nil {
		t.Errorf("%v: %s, %.0f MiB", err, p.CPU(), p.RSS())
	}
	if p.CPU() > time.Minute || p.RSS() > 1024 {
		t.Errorf("used %s, %.0f MiB", p.CPU(), p.RSS())
	}
	if now, peak := p.RSS(), p.PeakRSS(); peak < now || peak > 1024 {
		t.Errorf("%.0f MiB at its peak, %.0f now", peak, now)
	}
}

// listen listens on a free port.
func listen(t *testing.T) (int, net.Listener) {
	t.Helper()
	port, err := child.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	return port, l
}

func TestPorts(t *testing.T) {
	t.Parallel()
	port, l := listen(t)
	defer l.Close()
	if err := child.Listening(t.Context(), port); err != nil {
		t.Error(err)
	}
	other, err := child.FreePort()
	if err != nil || other == port {
		t.Errorf("port %d, which is taken; %v", other, err)
	}
}

// A port is free at once, also where processes begin all the time.
func TestPortsBesideNewProcesses(t *testing.T) {
	t.Parallel()
	enough := make(chan struct{})
	var starters sync.WaitGroup
	for range 4 {
		starters.Go(func() {
			for {
				select {
				case <-enough:
					return
				default:
					_ = exec.CommandContext(t.Context(), "true").Run()
				}
			}
		})
	}
	defer starters.Wait()
	defer close(enough)
	for range 500 {
		_, l := listen(t)
		_ = l.Close()
	}
}

func TestUntil(t *testing.T) {
	t.Parallel()
	never := func() bool { return false }
	if err := child.Until(t.Context(), 20*time.Millisecond, "spring", never); err == nil || err.Error() != "not within 20ms: spring" {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := child.Until(ctx, time.Minute, "spring", never); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := child.Until(ctx, time.Minute, "now", func() bool { return true }); err != nil {
		t.Error(err)
	}
}
