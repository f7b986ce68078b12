package consumer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// slowMaker takes its time to make consumers, and counts how many it is asked for at once.
type slowMaker struct {
	jetstream.JetStream
	now, most, all atomic.Int32
}

var errMade = errors.New("enough")

func (s *slowMaker) CreateConsumer(context.Context, string, jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	s.all.Add(1)
	n := s.now.Add(1)
	defer s.now.Add(-1)
	for old := s.most.Load(); n > old && !s.most.CompareAndSwap(old, n); old = s.most.Load() {
	}
	time.Sleep(time.Second)
	return nil, errMade
}

// A thousand backlogs that are found at once must not keep the server from answering other workers, nor give up while
// they wait for each other.
func TestDrainsMakeFewConsumersAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		js := &slowMaker{}
		c := &Consumer{JS: js}
		c.backlog.begin(t.Context(), c)
		var drains sync.WaitGroup
		for i := range 100 {
			drains.Go(func() {
				d := &drain{backlog: &c.backlog, project: "acme", webhook: fmt.Sprint(i)}
				if err := d.bind(t.Context()); !errors.Is(err, errMade) {
					t.Error(err)
				}
			})
		}
		drains.Wait()
		if js.most.Load() != bindMost || js.all.Load() != 100 {
			t.Errorf("%d consumers, up to %d at once", js.all.Load(), js.most.Load())
		}
	})
}

func TestARestingDrainWakesForMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &drain{more: make(chan struct{}, 1)}
		began := time.Now()
		d.rest(t.Context(), drainRest)
		if took := time.Since(began); took != drainRest {
			t.Errorf("rested for %s", took)
		}
		go func() {
			time.Sleep(drainPause)
			d.more <- struct{}{}
		}()
		began = time.Now()
		d.rest(t.Context(), drainRest)
		if took := time.Since(began); took != drainPause {
			t.Errorf("woke after %s", took)
		}
	})
}

// Two webhooks with one consumer would get each other's steps.
func TestADrainsNameIsOfNoOtherWebhook(t *testing.T) {
	t.Parallel()
	if one, other := drainName("acme", "x-crm"), drainName("acme-x", "crm"); one == other {
		t.Errorf("both are %s", one)
	}
}
