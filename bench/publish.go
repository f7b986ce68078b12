package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/journeyhook/journeyhook/schema"
)

// publish sends a step without waiting; flush waits for all.
func (s *stack) publish(hook string) error { return s.publishAs(s.id(hook), hook) }

func (s *stack) publishAs(id, hook string) error {
	project, webhook := address(hook)
	return s.publishTo(schema.Names{}.StepSubject(project, webhook), id, hook, nats.Header{jetstream.MsgIDHeader: {project + ":" + id}})
}

// retry publishes a step as one that waits in a lane for its second attempt.
func (s *stack) retry(lane schema.Lane, hook string) error {
	project, webhook := address(hook)
	return s.move(schema.Names{}.RetrySubject(lane, project, webhook), hook, "2")
}

// wait publishes a step as one that waits in its webhook's backlog.
func (s *stack) wait(hook string) error {
	project, webhook := address(hook)
	return s.move(schema.Names{}.BacklogSubject(project, webhook), hook, "1")
}

// move publishes a step as a worker does that moves it there for the given attempt.
func (s *stack) move(subject, hook, attempt string) error {
	project, _ := address(hook)
	id := s.id(hook)
	return s.publishTo(subject, id, hook, nats.Header{schema.HeaderAttempt: {attempt}, schema.HeaderMove: {"1"}, jetstream.MsgIDHeader: {project + ":" + id + ":" + attempt + ":1"}})
}

func (s *stack) publishTo(subject, id, hook string, header nats.Header) error {
	if err := s.failure(); err != nil {
		return err
	}
	project, webhook := address(hook)
	data := fmt.Appendf(nil, stepTemplate, id, project, webhook, time.Now().UTC().Format(time.RFC3339Nano))
	s.begin(id, hook)
	_, err := s.js.PublishMsgAsync(&nats.Msg{Subject: subject, Header: header, Data: data}, patient)
	return err
}

// patient lets a publish wait until so many others are stored that it may begin.
var patient = jetstream.WithStallWait(30 * time.Second)

func (s *stack) flush() error {
	select {
	case <-s.js.PublishAsyncComplete():
		return s.failure()
	case <-time.After(2 * time.Minute):
		return errors.New("what was published was not stored within 2 minutes")
	}
}

// many publishes n steps of one webhook and waits until they are stored.
func (s *stack) many(n int, hook string) error {
	return s.all(n, func(int) error { return s.publish(hook) })
}

// all makes n steps and waits until they are stored.
func (s *stack) all(n int, send func(i int) error) error {
	for i := range n {
		if err := send(i); err != nil {
			return err
		}
	}
	return s.flush()
}

// steady calls f at a rate, with the number of the call, until the context ends.
func steady(ctx context.Context, perSecond int, f func(i int) error) error {
	begun := time.Now()
	for i := 0; ctx.Err() == nil; time.Sleep(time.Millisecond) {
		for due := int(time.Since(begun).Seconds() * float64(perSecond)); i < due && ctx.Err() == nil; i++ {
			if err := f(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// steadyFor is steady for so long.
func steadyFor(length time.Duration, perSecond int, f func(i int) error) error {
	ctx, stop := context.WithTimeout(context.Background(), length)
	defer stop()
	return steady(ctx, perSecond, f)
}

// feed publishes healthy steps at a rate while f runs.
func (s *stack) feed(perSecond int, f func() error) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var feeding errgroup.Group
	feeding.Go(func() error {
		err := steady(ctx, perSecond, func(int) error { return s.publish("healthy") })
		if err != nil {
			s.fail(err) // so that f need not wait for its time to be over
		}
		return err
	})
	err := f()
	stop()
	return cmp.Or(err, feeding.Wait())
}

// alone is a row of healthy steps with nothing beside them, for so long.
func (s *stack) alone(perSecond int, length time.Duration) (row, error) {
	begun, before, n := time.Now(), s.usage(), 0
	err := steadyFor(length, perSecond, func(int) error { n++; return s.publish("healthy") })
	if err != nil {
		return row{}, err
	}
	m := s.figures(n, begun, before)
	m.Name = fmt.Sprintf("healthy at %d/s alone", perSecond)
	return s.latency(m, "healthy", begun.Add(settling), time.Now())
}

// settling is what steady traffic is given before it is measured.
const settling = 5 * time.Second

// turns says of each step of a mix of two kinds, in turn, whether it is one of the others.
func turns(healthy, others int) func() bool {
	turn := 0
	return func() bool {
		turn += others
		if turn < healthy+others {
			return false
		}
		turn -= healthy + others
		return true
	}
}

// mixed publishes healthy steps and others at steady rates for so long. Its row has the latency of the healthy
// ones; the other columns are of all steps.
func (s *stack) mixed(length time.Duration, healthy int, which func(i int) string, others int, other func(i int) string) (row, error) {
	begun, before, n := time.Now(), s.usage(), 0
	isOther := turns(healthy, others)
	err := steadyFor(length, healthy+others, func(i int) error {
		n++
		if isOther() {
			return s.publish(other(i))
		}
		return s.publish(which(i))
	})
	if err != nil {
		return row{}, err
	}
	m := s.figures(n, begun, before)
	return s.latency(m, "healthy", begun.Add(settling), time.Now())
}
