// Command bench measures workers against the bare loop (pull, a fixed POST, publish a result, ack) on the same
// machine in the same run, and shows what hanging, failing and limited endpoints do to healthy ones.
//
// Every part is a process of its own: nats-server with file storage, Redis, the endpoint, the workers; this one
// makes the load. CPU comes from process accounting, so that a noisy machine does not decide it.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"
)

func main() {
	role := flag.String("role", "", "internal: nats, endpoint or bare")
	addr := flag.String("addr", "", "internal: where the role listens or connects")
	target := flag.String("target", "", "internal: the endpoint's URL")
	steps := flag.Int("steps", 40_000, "steps of each throughput row")
	rounds := flag.Int("rounds", 3, "how often each throughput row is measured, in turns; its median counts")
	only := flag.String("only", "", "a pattern of the names of the rows to measure")
	out := flag.String("out", "", "also write the rows to this file as JSON")
	flag.Parse()
	var err error
	switch *role {
	case "nats":
		err = serveNATS(*addr)
	case "endpoint":
		err = serveEndpoint(*addr, *target)
	case "bare":
		err = bareLoop(*addr, *target)
	default:
		err = run(options{*steps, *rounds, *only}, *out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what a run depends on.
type options struct {
	steps, rounds int
	only          string
}

// row is one line of the table.
type row struct {
	Name      string  `json:"name"`
	Steps     int     `json:"steps,omitempty"`
	PerSecond float64 `json:"stepsPerSecond,omitempty"`
	CPU       float64 `json:"workerMicrosPerStep,omitempty"` // user and system time of the workers
	Ratio     float64 `json:"ratio,omitempty"`               // to the bare loop's CPU, or of the p99 to its baseline's
	Server    float64 `json:"serverMicrosPerStep,omitempty"` // of nats-server
	RSS       float64 `json:"workerMiB,omitempty"`           // of the largest worker
	P50       float64 `json:"p50Millis,omitempty"`           // from publish to result, of the healthy steps
	P99       float64 `json:"p99Millis,omitempty"`
	Max       float64 `json:"maxMillis,omitempty"`
	Note      string  `json:"note,omitempty"`
}

func run(o options, out string) error {
	pattern, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	r, err := newRunner(o)
	if err != nil {
		return err
	}
	defer r.close()
	fmt.Printf("%-52s %8s %8s %8s %6s %8s %5s %7s %7s %8s\n", "", "steps", "steps/s", "CPU µs", "ratio", "NATS µs", "MiB", "p50 ms", "p99 ms", "max ms")
	var rows []row
	for _, g := range groups {
		if !pattern.MatchString(g.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring:", g.name)
		measured, err := g.run(r)
		if err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
		for _, m := range measured {
			m.print()
		}
		rows = append(rows, measured...)
	}
	if out == "" {
		return nil
	}
	text, err := json.MarshalIndent(struct {
		At   time.Time `json:"at"`
		Rows []row     `json:"rows"`
	}{time.Now().UTC(), rows}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(text, '\n'), 0o644)
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
	{"scale-out", scaleOut},
	{"a: behind hanging calls", behindHanging},
	{"b: half of the traffic hangs", halfHangs},
	{"c: a failing endpoint", failing},
	{"d: a million waiting retries", millionRetries},
	{"e: 300 webhooks, 100 of them dead", manyDead},
	{"f: OAuth", oauth},
	{"g: 100,000 webhooks", manyWebhooks},
	{"h: 1,000 rate limits", manyLimits},
	{"i: a paused webhook resumed", resumed},
	{"idle", idle},
}
