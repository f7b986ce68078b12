package app

import (
	"cmp"
	"errors"
	"net"
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
	said   error // the last reason that a server gave, since when one was there
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
	if op := (*net.OpError)(nil); !errors.As(err, &op) {
		u.said = err
	} else if op.Op == "dial" {
		u.said = nil // nobody is there any more
	}
	if known && time.Since(u.told) < unreachedEvery {
		u.mu.Unlock()
		return
	}
	u.told = time.Now()
	u.mu.Unlock()
	u.log.Warn().Err(err).Msg("NATS can't be reached; trying again")
}

// why is the last reason, a server's own rather than that it hung up; nil when none is known.
func (u *unreached) why() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return cmp.Or(u.said, u.reason)
}
