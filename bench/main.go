// Command bench measures a worker against the bare loop (pull, a fixed POST, publish a result, ack) on the
// same machine in the same run, and shows what a hanging endpoint does to healthy ones.
//
// Every part is a process of its own: nats-server with file storage, the endpoint, the worker. CPU comes
// from process accounting, so that a noisy machine does not decide it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	role := flag.String("role", "", "internal: nats, endpoint or bare")
	addr := flag.String("addr", "", "internal: where the role listens or connects")
	target := flag.String("target", "", "internal: the endpoint's URL")
	steps := flag.Int("steps", 20_000, "steps of each throughput row")
	out := flag.String("out", "", "also write the rows to this file as JSON")
	flag.Parse()
	var err error
	switch *role {
	case "nats":
		err = serveNATS(*addr)
	case "endpoint":
		err = serveEndpoint(*addr)
	case "bare":
		err = bareLoop(*addr, *target)
	default:
		err = run(*steps, *out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// row is one line of the table.
type row struct {
	Name      string  `json:"name"`
	Steps     int     `json:"steps"`
	PerSecond float64 `json:"stepsPerSecond"`
	CPU       float64 `json:"workerMicrosPerStep"` // user and system time of the worker
	Ratio     float64 `json:"ratioToBareLoop"`
	RSS       float64 `json:"workerMiB"`
	P50       float64 `json:"p50Millis"` // from publish to result
	P99       float64 `json:"p99Millis"`
	Note      string  `json:"note,omitempty"`
}

func run(steps int, out string) error {
	rows, err := measure(steps)
	if err != nil {
		return err
	}
	fmt.Printf("\n%-46s %8s %9s %11s %7s %7s %8s %8s\n", "", "steps", "steps/s", "CPU µs/step", "ratio", "MiB", "p50 ms", "p99 ms")
	for _, r := range rows {
		fmt.Printf("%-46s %8d %9.0f %11.1f %7.2f %7.0f %8.1f %8.1f  %s\n", r.Name, r.Steps, r.PerSecond, r.CPU, r.Ratio, r.RSS, r.P50, r.P99, r.Note)
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
