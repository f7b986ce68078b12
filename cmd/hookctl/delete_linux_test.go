package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// A person at a terminal is asked; anything else that stdin may be is nobody to ask.
func TestOnlyATerminalIsAsked(t *testing.T) {
	t.Parallel()
	null, err := os.OpenFile(os.DevNull, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	writer.Close()
	defer reader.Close()
	for name, stdin := range map[string]*os.File{
		"/dev/null under the name that a process has for it": os.NewFile(dup(t, null), "/dev/stdin"), "a pipe": reader,
	} {
		var stderr bytes.Buffer
		s := &session{stdin: stdin, stderr: &stderr}
		if !s.confirm("Sure? ") || stderr.Len() > 0 {
			t.Errorf("%s was asked: %s", name, stderr.String())
		}
	}
	for typed, want := range map[string]bool{"y\n": true, "Y\n": true, "n\n": false, "\n": false} {
		person, terminal := openTerminal(t)
		if _, err := person.WriteString(typed); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		s := &session{stdin: terminal, stderr: &stderr}
		if got := s.confirm("Sure? "); got != want || !strings.Contains(stderr.String(), "Sure?") {
			t.Errorf("%q at a terminal: %v, asked %q", typed, got, stderr.String())
		}
	}
}

func dup(t *testing.T, f *os.File) uintptr {
	t.Helper()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return uintptr(fd)
}

// openTerminal is a new terminal and what its person types on.
func openTerminal(t *testing.T) (person, terminal *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no terminals here: ", err)
	}
	t.Cleanup(func() { person.Close() })
	var number, unlock int32
	for request, arg := range map[uintptr]*int32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &unlock} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, person.Fd(), request, uintptr(unsafe.Pointer(arg))); errno != 0 {
			t.Fatal(errno)
		}
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return person, terminal
}
