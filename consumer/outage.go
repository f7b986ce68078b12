package consumer

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// outage is when NATS was last lost. A lone server that is killed forgets what it delivered, and what was acked, in
// the moment before, and delivers it as if for the first time. So messages of that moment are asked about, too.
type outage struct {
	began atomic.Int64 // in Unix nanoseconds; known when it is over
}

// watch notes outages until ctx ends, and calls over after each.
func (o *outage) watch(ctx context.Context, nc *nats.Conn, over func()) {
	changes := nc.StatusChanged(nats.RECONNECTING, nats.CONNECTED)
	defer nc.RemoveStatusListener(changes)
	var lost time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case status, open := <-changes:
			switch {
			case !open:
				return
			case status == nats.RECONNECTING:
				lost = time.Now()
			case !lost.IsZero():
				o.began.Store(lost.UnixNano())
				over()
			}
		}
	}
}

// near reports whether something happened about when the last outage began.
func (o *outage) near(at time.Time) bool {
	began := o.began.Load()
	return began != 0 && time.Unix(0, began).Sub(at).Abs() < clocksApart
}
