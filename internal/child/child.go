// Package child runs programs as processes of their own on this machine, says what they use, and ends them.
//
// A child that was started has ended, and was waited for, once End has returned.
package child

import (
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"
)

// Process is a program that was started.
type Process struct {
	Name string

	cmd    *exec.Cmd
	asked  atomic.Bool // to end
	exited chan struct{}
	err    error // of its end; read after exited
}

// Start runs a command. The name is what errors call it.
func Start(name string, cmd *exec.Cmd) (*Process, error) {
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("child: start %s: %w", name, err)
	}
	p := &Process{Name: name, cmd: cmd, exited: make(chan struct{})}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends a signal that the process survives. One that is gone gets none.
func (p *Process) Signal(signal syscall.Signal) { _ = p.cmd.Process.Signal(signal) }

// End sends a signal that ends the process and waits for it. One that does not end within the time is killed,
// and that is an error, as is a failure to end well of one that was not killed.
func (p *Process) End(signal syscall.Signal, within time.Duration) error {
	p.asked.Store(true)
	p.Signal(signal)
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
		p.Signal(syscall.SIGKILL)
		<-p.exited
		return fmt.Errorf("child: %s did not end within %s of %s", p.Name, within, signal)
	}
	if signal != syscall.SIGKILL && p.err != nil {
		return fmt.Errorf("child: %s after %s: %w", p.Name, signal, p.err)
	}
	return nil
}

// Kill ends a process that has nothing to put away.
func (p *Process) Kill() { _ = p.End(syscall.SIGKILL, time.Minute) }

// EndedByItself says how the process ended though End did not ask it to; nil while it runs, and after End.
func (p *Process) EndedByItself() error {
	select {
	case <-p.exited:
	default:
		return nil
	}
	if p.asked.Load() {
		return nil
	}
	return fmt.Errorf("child: %s ended by itself: %s", p.Name, p.cmd.ProcessState)
}

// Command is a program with more variables in its environment than ours has.
func Command(env []string, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	return cmd
}
