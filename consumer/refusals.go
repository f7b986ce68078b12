package consumer

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// refusals is what NATS refuses to do for the backlog: without it steps wait that nobody sees. It is said in the log,
// counted, and named by the worker's readiness for as long as it goes on.
type refusals struct {
	mu sync.Mutex
	trouble
	err error
}

// refused takes note of an error. One that only says that no answer came is no refusal.
func (c *Consumer) refused(err error) {
	api := (*jetstream.APIError)(nil)
	if !errors.As(err, &api) {
		return
	}
	c.Metrics.backlogRefused.Inc()
	r := &c.backlog.refusals
	r.mu.Lock()
	r.err = err
	times := r.again(time.Now())
	r.mu.Unlock()
	if times > 0 {
		c.Log.Error().Err(err).Int("times", times).Msg("NATS refuses what the backlog needs, and steps wait for it; look at the limits of the stream and of the account")
	}
}

// now is the refusal that goes on, nil when there is none.
func (r *refusals) now() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.lasts(time.Now()) {
		return nil
	}
	return fmt.Errorf("NATS refuses what the backlog needs: %w", r.err)
}
