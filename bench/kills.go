package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/schema"
)

// killEvery and killing are how often, and for how long, one of two workers gets SIGKILL and is started again, while
// killRate steps a second come in.
const (
	killEvery = 5 * time.Second
	killing   = 21 * time.Second
	killRate  = 200
)

// tally is what became of a scenario's steps, by what RESULTS holds. That each ended as it should is seen to as the
// results come.
type tally struct {
	name                                string
	kills, steps, results, lost, double int
}

// runKills runs each scenario while its workers are killed, two scenarios at a time. It is an error when a step has
// no result, or two, or one that was not expected.
func runKills(o options) error {
	r, err := newRunner(o)
	if err != nil {
		return err
	}
	defer r.close()
	all := make([]tally, len(perils))
	var running errgroup.Group
	running.SetLimit(2)
	for i, p := range perils {
		if !r.only.MatchString(p.name) {
			continue
		}
		running.Go(func() error {
			_, err := r.with(func(s *stack) (_ []row, err error) {
				all[i], err = s.endure(p)
				return nil, err
			})
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			return nil
		})
	}
	err = running.Wait()
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "scenario\tsteps\tkills\tresults\tlost\tdouble\t")
	for _, t := range all {
		if t.name == "" {
			continue
		}
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%d\t%d\t\n", t.name, t.steps, t.kills, t.results, t.lost, t.double)
		if t.lost+t.double > 0 {
			err = errors.Join(err, fmt.Errorf("%s: %d lost, %d double", t.name, t.lost, t.double))
		}
	}
	return errors.Join(err, out.Flush())
}

// endure lets two workers work on a scenario's steps while they are killed in turns, and then gives them the time
// to end all of them.
func (s *stack) endure(p peril) (tally, error) {
	if err := p.before(s); err != nil {
		return tally{}, err
	}
	if err := s.startWorkers(2); err != nil {
		return tally{}, err
	}
	t := tally{name: p.name}
	ctx, stop := context.WithTimeout(context.Background(), killing)
	defer stop()
	running, ctx := errgroup.WithContext(ctx)
	running.Go(func() (err error) {
		t.kills, err = s.killWorkers(ctx)
		return err
	})
	running.Go(func() error { return steady(ctx, killRate, func(i int) error { return p.send(s, i) }) })
	if err := errors.Join(running.Wait(), s.flush()); err != nil {
		return t, err
	}
	if p.after != nil {
		if err := p.after(s); err != nil {
			return t, err
		}
	}
	if err := s.emptied(3 * time.Minute); err != nil {
		return t, err
	}
	results, err := s.stored()
	t.count(&s.load, results)
	return t, err
}

// killWorkers kills one worker after the other until the context ends, and starts it again. Then all are ready.
func (s *stack) killWorkers(ctx context.Context) (kills int, err error) {
	tick := time.NewTicker(killEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return kills, nil
		case <-tick.C:
		}
		place := kills % len(s.workers)
		s.workers[place].Kill()
		kills++
		if err := s.startWorker(place); err != nil {
			return kills, err
		}
		if err := s.ready(place); err != nil {
			return kills, err
		}
	}
}

// emptied waits until no step waits anywhere.
func (s *stack) emptied(within time.Duration) error {
	ctx := context.Background()
	return child.Until(ctx, within, "no step in STEPS, RETRIES and BACKLOG", func() bool {
		for _, name := range []string{schema.Names{}.Steps(), schema.Names{}.Retries(), schema.Names{}.Backlog()} {
			stream, err := s.js.Stream(ctx, name)
			if err != nil || stream.CachedInfo().State.Msgs > 0 {
				return false
			}
		}
		return true
	})
}

// stored are the results in RESULTS.
func (s *stack) stored() ([]schema.Result, error) {
	ctx := context.Background()
	stream, err := s.js.Stream(ctx, schema.Names{}.Results())
	if err != nil {
		return nil, err
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, err
	}
	defer messages.Stop()
	all := make([]schema.Result, stream.CachedInfo().State.Msgs)
	for i := range all {
		m, err := messages.Next()
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(m.Data(), &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// count compares what was stored to what was sent.
func (t *tally) count(l *load, results []schema.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.steps, t.results = len(l.sent), len(results)
	times := map[string]int{}
	for _, r := range results {
		times[r.StepID]++
	}
	for id := range l.sent {
		if times[id] == 0 {
			t.lost++
		}
		if times[id] > 1 {
			t.double++
		}
	}
}
