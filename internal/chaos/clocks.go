package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// clocks are by how much the workers' clocks are ahead, in turn: any two differ by less than the 5 seconds that are
// allowed.
var clocks = []time.Duration{0, 2 * time.Second, -2 * time.Second}

// clockSpread is the most by which two of them differ.
const clockSpread = 4 * time.Second

// clockVariable is what a program built with [wrongClock] reads by how many seconds its clock is ahead.
const clockVariable = "REHEARSAL_CLOCK"

// spread is by how much clocks differ in the run.
func (o options) spread() time.Duration {
	if o.clocks {
		return clockSpread
	}
	return 0
}

// ahead is by how much the nth worker's clock is.
func (o options) ahead(nth int) time.Duration {
	if o.clocks {
		return clocks[nth%len(clocks)]
	}
	return 0
}

// wrongClock makes an overlay for go build: a standard library whose time.Now is wrong by what the variable says. What
// is measured, and what waits, is as long as ever. Nothing of the product knows of it.
func wrongClock(dir string) (overlay string, err error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("ask go for its GOROOT: %w", err)
	}
	path := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	const now = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	wrong := bytes.Replace(source, []byte(now), []byte(now+"\tsec += rehearsalClock\n"), 1)
	wrong = bytes.Replace(wrong, []byte("import (\n"), []byte("import (\n\t\"syscall\"\n"), 1)
	if bytes.Equal(wrong, source) || !bytes.Contains(wrong, []byte("sec += rehearsalClock")) {
		return "", errors.New("time.Now of this version of Go is not as the rehearsal knows it; run without -clocks")
	}
	wrong = fmt.Appendf(wrong, `
var rehearsalClock = func() (n int64) {
	text, _ := syscall.Getenv(%q)
	sign := int64(1)
	for _, c := range text {
		if c == '-' {
			sign = -1
		} else {
			n = 10*n + int64(c-'0')
		}
	}
	return sign * n
}()
`, clockVariable)
	changed := filepath.Join(dir, "time.go")
	if err := os.WriteFile(changed, wrong, 0o600); err != nil {
		return "", err
	}
	data, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, data, 0o600)
}

// aheadOf is by how much the clock of the worker of a record is.
func (l *ledger) aheadOf(worker string) time.Duration {
	for pid, by := range l.ahead {
		if strings.HasSuffix(worker, fmt.Sprintf("-%d", pid)) {
			return by
		}
	}
	return 0
}

func (l *ledger) started(pid int, ahead time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ahead[pid] = ahead
}
