package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A program built with the overlay is wrong about the time by as much as it is told, and right about how long something takes.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	overlay, err := wrongClock(dir)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "main.go")
	if err := os.WriteFile(program, []byte(`package main

import "time"

func main() {
	began := time.Now()
	println(began.Unix(), time.Since(began) < time.Hour)
}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "clock")
	if out, err := exec.Command("go", "build", "-overlay", overlay, "-o", binary, program).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for ahead, want := range map[string]int64{"": 0, "7000": 7000, "-7000": -7000} {
		cmd := exec.Command(binary)
		cmd.Env = append(os.Environ(), clockVariable+"="+ahead)
		out, err := cmd.CombinedOutput()
		said, since, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
		seconds, parseErr := strconv.ParseInt(said, 10, 64)
		if err != nil || parseErr != nil || since != "true" {
			t.Errorf("%q: %v, %s", ahead, err, out)
			continue
		}
		if by := seconds - time.Now().Unix() - want; by < -60 || by > 60 {
			t.Errorf("a clock %s s ahead is %d s wrong", ahead, by)
		}
	}
}

func TestClocksDifferByWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for _, a := range clocks {
		for _, b := range clocks {
			if a-b > clockSpread {
				t.Errorf("%s and %s", a, b)
			}
		}
	}
	l := newLedger()
	l.ahead[42], l.ahead[7] = 2*time.Second, time.Second
	for worker, want := range map[string]time.Duration{"host-42": 2 * time.Second, "host-7": time.Second, "host-142": 0} {
		if got := l.aheadOf(worker); got != want {
			t.Errorf("%s: %s, want %s", worker, got, want)
		}
	}
}
