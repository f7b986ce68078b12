package app

import (
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
)

// unreached tells why NATS can't be reached: each reason at once, and again now and then while it lasts.
type unreached struct {
	log zerolog.Logger

	mu     sync.Mutex
	reason error
	told   time.Time
}

const unreachedEvery = 30 * time.Second

// tried takes in that one more try failed.
func (u *unreached) tried(_ *nats.Conn, err error) {
	if err == nil {
		return
	}
	u.mu.Lock()
	known := u.reason != nil && u.reason.Error() == err.Error()
	u.reason = err
	if known && time.Since(u.told) < unreachedEvery {
		u.mu.Unlock()
		return
	}
	u.told = time.Now()
	u.mu.Unlock()
	u.log.Warn().Err(err).Msg("NATS can't be reached; trying again")
}

// why is the last reason; nil when none is known.
func (u *unreached) why() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.reason
}
