package app_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

// smallDisk is a file system of its own, in memory.
type smallDisk struct {
	t   *testing.T
	dir string
}

// newSmallDisk skips the test where nothing may be mounted, in CI, too.
func newSmallDisk(t *testing.T, megabytes int) *smallDisk {
	t.Helper()
	d := &smallDisk{t: t, dir: t.TempDir()}
	err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes))
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENODEV) {
		t.Skip("a disk that can be filled can't be mounted here: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(d.dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return d
}

// fill takes all the room, also what becomes free, until the room is given back.
func (d *smallDisk) fill() (giveBack func()) {
	d.t.Helper()
	path := filepath.Join(d.dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		d.t.Fatal(err)
	}
	full, stop, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		some, first := make([]byte, 4096), true
		for {
			_, err := f.Write(some)
			if err == nil {
				continue
			}
			if !errors.Is(err, syscall.ENOSPC) {
				d.t.Error(err)
			}
			if first {
				first = false
				close(full)
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	<-full
	return func() {
		close(stop)
		<-done
		if err := errors.Join(f.Close(), os.Remove(path)); err != nil {
			d.t.Error(err)
		}
	}
}

// natsProcess is a nats-server as one installs it, in a process of its own, that stores in a folder.
type natsProcess struct {
	*child.Process
	t       *testing.T
	program string
	config  string
	port    int
	log     devstack.Log
}

func newNATSProcess(t *testing.T, dir string) *natsProcess {
	t.Helper()
	home := t.TempDir()
	n := &natsProcess{t: t, program: filepath.Join(home, "nats-server"), config: filepath.Join(home, "nats.conf"), port: freePort(t)}
	if out, err := exec.Command("go", "build", "-o", n.program, "github.com/nats-io/nats-server/v2").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// AUDIT and ATTEMPTS may take 1 GiB each, which the server must think it has.
	config := fmt.Sprintf("listen: \"127.0.0.1:%d\"\njetstream {store_dir: %q, max_file: 8G}\n", n.port, dir)
	if err := os.WriteFile(n.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	n.start()
	t.Cleanup(n.Close)
	return n
}

func (n *natsProcess) start() {
	n.t.Helper()
	cmd := exec.Command(n.program, "--config", n.config)
	cmd.Stdout, cmd.Stderr = &n.log, &n.log
	var err error
	if n.Process, err = child.Start("nats-server", cmd); err != nil {
		n.t.Fatal(err)
	}
	if err := child.Listening(n.t.Context(), n.port); err != nil {
		n.t.Fatal(err)
	}
}

// restart ends it as an operator would, and starts it on what it has stored.
func (n *natsProcess) restart() {
	n.t.Helper()
	if err := n.End(syscall.SIGTERM, 20*time.Second); err != nil {
		n.t.Error(err)
	}
	n.start()
}

// URL is what clients connect to.
func (n *natsProcess) URL() string { return fmt.Sprintf("nats://127.0.0.1:%d", n.port) }

// Close kills it.
func (n *natsProcess) Close() { n.Kill() }
