// Command chaos runs real workers, one NATS server or a cluster of three, and a real Redis, drives steps
// through them, hurts them and the network between them by a seeded plan, and then checks what the product
// promises: each step ends with exactly one result, allowed by what its endpoint answered; calls repeat
// only where a crash hit them; no retry is early; nothing is left anywhere.
//
//	go run ./internal/chaos -time 60s -seed 1
//	go run ./internal/chaos -time 45s -sabotage no-msg-id    # must break the rule that rests on the missing guard
//
// It listens on loopback only. The same seed and time give the same plan; what a fault meets depends on
// the machine, so a failure's seed makes it likely again, not certain.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are what a run depends on.
type options struct {
	length  time.Duration
	drain   time.Duration
	seed    uint64
	rate    int
	workers int
	nodes   int    // nats-servers; 0 for parts with one and with three
	clocks  bool   // of the workers differ
	many    int    // webhooks with a backlog each, at the end
	replica int    // replicas of streams; as many as nodes when 0
	older   string // a revision of an older version
	guard   string // taken away from the workers; none when empty
	only    []Kind // of fault; all when empty
	seen    []Kind // of fault in the run's other parts; the rest comes first
	away    bool   // nothing but Redis and NATS being away for long
	log     string
	keep    bool
}

// run is the whole program: exit code 0 when every invariant held, 1 when one did not, 2 when the run
// itself could not be made.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	var n natsRole
	var role, only string
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.DurationVar(&o.length, "time", time.Minute, "how long steps are published and faults are made")
	flags.DurationVar(&o.drain, "drain", 4*time.Minute, "how long the rest may take afterwards")
	flags.Uint64Var(&o.seed, "seed", 1, "of the plan of faults and the mix of steps")
	flags.IntVar(&o.rate, "rate", 500, "steps per second")
	flags.IntVar(&o.workers, "workers", 3, "worker processes")
	flags.IntVar(&o.nodes, "nodes", 1, "nats-servers: 1, or 3 for a cluster with three replicas, or 0 for a part of the time each; in five minutes and more a third part has a cluster without replicas")
	flags.IntVar(&o.replica, "replicas", 0, "of streams and buckets: 1 in a cluster of three; as many as -nodes when 0")
	flags.BoolVar(&o.clocks, "clocks", false, "the workers' clocks differ by up to 4 seconds; in the third part of a long run, too")
	flags.IntVar(&o.many, "many", 0, "webhooks that are paused with a step each at the end, and resumed; 1500 in a run of five minutes and more when 0")
	flags.StringVar(&o.older, "older", "", "git revision of the older version that workers are now and then; the same one when empty")
	flags.StringVar(&o.guard, "sabotage", "", "a guard to take away (internal/sabotage); the run is good when the rule that rests on it is broken")
	flags.BoolVar(&o.away, "away", false, "a plan of its own: Redis is away for ten minutes, and NATS for two of them")
	flags.StringVar(&only, "only", "", "comma-separated kinds of fault; all when empty")
	flags.StringVar(&o.log, "log", "warn", "log level of the workers")
	flags.BoolVar(&o.keep, "keep", false, "keep the logs of a good run too")
	flags.StringVar(&role, "role", "", "used by chaos itself: nats runs a server and nothing else")
	flags.IntVar(&n.port, "port", 0, "of -role nats")
	flags.StringVar(&n.dir, "dir", "", "of -role nats")
	flags.IntVar(&n.routesPort, "routes-port", 0, "of -role nats")
	flags.StringVar(&n.routes, "routes", "", "of -role nats")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if role == "nats" {
		return n.serve(ctx, stderr)
	}
	if o.length <= 0 || o.rate < 1 || o.workers < 1 || o.nodes < 0 || o.replica < 0 || o.many < 0 || o.many > manySteps {
		fmt.Fprintln(stderr, "chaos: -time, -rate and -workers must be positive")
		return 2
	}
	if o.many == 0 && o.length >= longPlan && o.guard == "" && !o.away {
		o.many = manyLong
	}
	for _, k := range strings.FieldsFunc(only, func(r rune) bool { return r == ',' }) {
		if o.only = append(o.only, Kind(k)); !slices.Contains(kinds, Kind(k)) {
			fmt.Fprintf(stderr, "chaos: -only: there is no fault %s; there are %v\n", k, kinds)
			return 2
		}
	}
	if _, known := guards[o.guard]; o.guard != "" && !known {
		fmt.Fprintf(stderr, "chaos: -sabotage: there is no guard %s; there are %s\n", o.guard, guardNames())
		return 2
	}
	if !slices.ContainsFunc(o.parts(), func(part options) bool { return len(part.plan()) > 0 }) {
		fmt.Fprintln(stderr, "chaos: nothing is planned: -time is too short, or no fault of -only can be made with these servers")
		return 2
	}
	whole, violations, logs := &Record{Stories: map[string]*Story{}, Left: map[string]uint64{}}, []Violation{}, []string{}
	for _, part := range rehearseAll(ctx, o, stderr) {
		if part.err != nil {
			fmt.Fprintln(stderr, "chaos:", part.err)
			return 2
		}
		violations, logs = append(append(violations, check(part.rec)...), part.rec.unreached()...), append(logs, part.logs)
		if err := writeStories(filepath.Join(part.logs, "stories.txt"), part.rec); err != nil {
			fmt.Fprintln(stderr, "chaos:", err)
		}
		whole.add(part.rec)
	}
	report(stdout, o, whole, violations)
	if o.guard == "" && (o.keep || len(violations) > 0) {
		fmt.Fprintln(stdout, "logs:", logs)
	} else {
		for _, dir := range logs {
			_ = os.RemoveAll(dir)
		}
	}
	switch {
	case o.guard != "":
		return verdict(stdout, o.guard, violations)
	case len(violations) > 0:
		return 1
	}
	return 0
}

// parts are the runs that make up the whole.
func (o options) parts() []options {
	if o.nodes > 0 {
		return []options{o}
	}
	one, three, single := o, o, o
	one.nodes, three.nodes, single.nodes, single.replica = 1, 3, 3, 1
	single.clocks = true
	all := []options{one, three, single}
	if o.length < longPlan {
		all = all[:2]
	}
	var seen []Kind
	for i := range all {
		all[i].length, all[i].seen = o.length/time.Duration(len(all)), seen
		for _, p := range plan(o.seed, all[i].length, o.workers, all[i].nodes, all[i].copies()) {
			seen = append(seen, p.Kind)
		}
	}
	return all
}

// copies are the replicas of streams and buckets.
func (o options) copies() int { return cmp.Or(o.replica, o.nodes) }
