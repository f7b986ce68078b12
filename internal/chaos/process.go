package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
)

// process is a child whose output goes to a file.
type process struct {
	cmd    *exec.Cmd
	name   string
	asked  atomic.Bool // to end
	exited chan struct{}
	err    error // of its end; read after exited
}

// start runs a program. What it writes is appended to name.log.
func start(dir, name string, env []string, program string, args ...string) (*process, error) {
	out, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &process{cmd: exec.Command(program, args...), name: name, exited: make(chan struct{})} //nolint:noctx // ended by its signals
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = append(os.Environ(), env...), out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal is for us to pass on
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// end sends a signal that ends the process and waits for it; one that does not end within the time is
// killed, and that is an error.
func (p *process) end(signal syscall.Signal, within time.Duration) error {
	p.asked.Store(true)
	_ = p.cmd.Process.Signal(signal)
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
		_ = p.cmd.Process.Kill()
		<-p.exited
		return fmt.Errorf("%s did not end within %s of %s", p.name, within, signal)
	}
	if signal != syscall.SIGKILL && p.err != nil {
		return fmt.Errorf("%s after %s: %w", p.name, signal, p.err)
	}
	return nil
}

// rss is the process's resident memory in MiB; 0 where it can't be told.
func (p *process) rss() int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(raw), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize()) >> 20
}

// freePort finds a port that outgoing connections do not get, so that it is still free when what listened
// on it comes back.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := lowestPort + rand.IntN(ports)
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("no free port: %w", err)
}

const lowestPort, ports = 20_000, 12_000

// listening waits until something accepts connections on the port.
func listening(ctx context.Context, port int) error {
	return until(ctx, 20*time.Second, fmt.Sprintf("port %d", port), func() bool {
		c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second) //nolint:noctx // short
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// until waits for a condition.
func until(ctx context.Context, within time.Duration, what string, condition func() bool) error {
	for deadline := time.Now().Add(within); !condition(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %s", what, within)
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
