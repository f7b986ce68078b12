// Command bench measures workers against the bare loop (pull, a fixed POST, publish a result, ack) on the same
// machine in the same run, and shows what hanging, failing and limited endpoints do to healthy ones.
//
// Every part is a process of its own: nats-server with file storage, Redis, the endpoint, the workers; this one
// makes the load. CPU comes from process accounting, so that a noisy machine does not decide it. A row fails where steps
// end otherwise than they should. With -kill the scenarios run with workers that are killed, and count what is lost.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	var o options
	var part role
	flag.IntVar(&o.steps, "steps", 40_000, "steps of each throughput row")
	flag.IntVar(&o.rounds, "rounds", 3, "how often what is compared is measured, in turns; of CPU the least counts, of times the median")
	flag.IntVar(&o.failing, "failing", 3000, "steps per second of the endpoint that answers 503")
	flag.IntVar(&o.beside, "beside", 600, "healthy steps per second beside it")
	flag.StringVar(&o.only, "only", "", "a pattern of the names of the rows to measure")
	flag.StringVar(&o.out, "out", "", "also write the rows to this file as JSON")
	flag.BoolVar(&o.kill, "kill", false, "instead: each scenario with workers that are killed; nothing may be lost or double")
	flag.StringVar(&part.name, "role", "", "used by bench itself, as are those below: nats, endpoint or bare")
	flag.IntVar(&part.port, "port", 0, "where the role listens")
	flag.StringVar(&part.dir, "dir", "", "of -role nats")
	flag.StringVar(&part.certificate, "certificate", "", "of -role endpoint: the file it writes; empty for no TLS")
	flag.StringVar(&part.nats, "nats", "", "of -role bare: the server")
	flag.StringVar(&part.target, "target", "", "of -role bare: the endpoint")
	flag.IntVar(&part.ballast, "ballast", 0, "of -role bare: MiB")
	flag.Parse()
	var err error
	switch {
	case part.name != "":
		err = part.play()
	case o.kill:
		err = runKills(o)
	default:
		err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what a run depends on.
type options struct {
	steps, rounds   int
	failing, beside int // steps per second of (c), which two cores that share everything can just do
	only, out       string
	kill            bool
}

// row is one line of the table.
type row struct {
	Name      string  `json:"name"`
	Steps     int     `json:"steps,omitempty"`
	PerSecond float64 `json:"stepsPerSecond,omitempty"`
	CPU       float64 `json:"workerMicrosPerStep,omitempty"` // user and system time of the workers
	Ratio     float64 `json:"ratio,omitempty"`               // to the bare loop's CPU, or of the p99 to its baseline's
	Server    float64 `json:"serverMicrosPerStep,omitempty"` // of nats-server
	RSS       float64 `json:"workerMiB,omitempty"`           // of the largest worker, at its peak
	P50       float64 `json:"p50Millis,omitempty"`           // from publish to result, of the healthy steps where there are others
	P99       float64 `json:"p99Millis,omitempty"`
	Max       float64 `json:"maxMillis,omitempty"`
	Note      string  `json:"note,omitempty"`
}

func run(o options) error {
	r, err := newRunner(o)
	if err != nil {
		return err
	}
	defer r.close()
	fmt.Printf("%-52s %8s %8s %8s %6s %8s %5s %7s %7s %8s\n", "", "steps", "steps/s", "CPU µs", "ratio", "NATS µs", "MiB", "p50 ms", "p99 ms", "max ms")
	var rows []row
	var failed error
	for _, g := range groups {
		if !r.only.MatchString(g.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring:", g.name)
		measured, err := g.run(r)
		for _, m := range measured {
			if err != nil {
				m.Note = "FAILED; " + m.Note
			}
			m.print()
			rows = append(rows, m)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "FAIL:", err)
			failed = errors.Join(failed, fmt.Errorf("%s: %w", g.name, err))
		}
	}
	if o.out == "" {
		return failed
	}
	text, err := json.MarshalIndent(struct {
		At   time.Time `json:"at"`
		Rows []row     `json:"rows"`
	}{time.Now().UTC(), rows}, "", "  ")
	if err != nil {
		return errors.Join(failed, err)
	}
	return errors.Join(failed, os.WriteFile(o.out, append(text, '\n'), 0o644))
}

func (m row) print() {
	number := func(format string, n float64) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf(format, n)
	}
	fmt.Printf("%-52s %8s %8s %8s %6s %8s %5s %7s %7s %8s  %s\n", m.Name, cmp.Or(number("%.0f", float64(m.Steps)), "-"), number("%.0f", m.PerSecond),
		number("%.1f", m.CPU), number("%.2f", m.Ratio), number("%.1f", m.Server), number("%.0f", m.RSS),
		number("%.1f", m.P50), number("%.1f", m.P99), number("%.0f", m.Max), m.Note)
}

// groups are the rows that are measured together.
var groups = []struct {
	name string
	run  func(*runner) ([]row, error)
}{
	{"throughput", throughput},
	{"a: behind hanging calls", behindHanging},
	{"b: half of the traffic hangs", halfHangs},
	{"c: a failing endpoint", failing},
	{"d: a million waiting retries", manyRetries},
	{"e: 300 webhooks, 100 of them dead", manyDead},
	{"f: OAuth", oauth},
	{"g: 100,000 webhooks", manyWebhooks},
	{"h: 1,000 rate limits", manyLimits},
	{"i: a paused webhook resumed", resumed},
	{"idle", idle},
}
