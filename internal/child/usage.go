package child

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks is how many of the kernel's clock ticks are a second on Linux.
const ticks = 100

// CPU is the user and system time that the process has used so far; 0 where it can't be told.
func (p *Process) CPU() time.Duration {
	raw := p.proc("stat")
	fields := strings.Fields(raw[strings.LastIndexByte(raw, ')')+1:]) // a program's name may hold spaces
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticks
}

// RSS is the process's resident memory in MiB; 0 where it can't be told.
func (p *Process) RSS() float64 {
	fields := strings.Fields(p.proc("statm"))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseFloat(fields[1], 64)
	return pages * float64(os.Getpagesize()) / (1 << 20)
}

// PeakRSS is the most resident memory that the process ever had, in MiB; 0 where it can't be told.
func (p *Process) PeakRSS() float64 {
	_, peak, _ := strings.Cut(p.proc("status"), "VmHWM:")
	fields := strings.Fields(peak)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseFloat(fields[0], 64)
	return kib / 1024
}

func (p *Process) proc(file string) string {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file)) // none: the process is gone, or this is not Linux
	return string(raw)
}
