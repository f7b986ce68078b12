package consumer

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/journeyhook/journeyhook/internal/sabotage"
)

// persist repeats what the server must confirm until it does, and tells of each try. The first tries are short, since one that
// was written to a dying connection is never answered. Without a connection nothing is tried, and one failure is counted
// for as long as that lasts. It gives up when the worker must end, or when the error is final.
func (c *Consumer) persist(tell func(error), failures prometheus.Counter, try func(context.Context) error, final func(error) bool) error {
	wait, patience := 50*time.Millisecond, time.Second
	for away := false; ; {
		ctx, cancel := context.WithTimeout(c.last, patience)
		err := try(ctx)
		cancel()
		if err == nil {
			tell(nil)
		}
		if err == nil || final(err) || c.last.Err() != nil {
			return err
		}
		if was := away; errors.Is(err, nats.ErrReconnectBufExceeded) {
			if away = true; !was {
				failures.Inc()
			}
			pause(c.last, awayPause)
			continue
		}
		away = false
		failures.Inc()
		tell(err)
		pause(c.last, wait)
		wait, patience = min(2*wait, 5*time.Second), min(2*patience, 5*time.Second)
	}
}

// publish stores what comes of a held message, and calls each, if there is one, before every try. It fails only when the
// worker must end, when the hold was lost, or when the message can never be stored.
func (c *Consumer) publish(h *held, msg *nats.Msg, each func()) error {
	if sabotage.Guard == sabotage.NoIDs {
		delete(msg.Header, jetstream.MsgIDHeader)
	}
	err := c.persist(func(err error) { c.stored(msg.Subject, err) }, c.Metrics.publishFailures, func(ctx context.Context) error {
		if h.lost() {
			c.Metrics.holdsLost.Inc()
			return errHoldLost
		}
		if err := c.away(); err != nil {
			return err
		}
		if each != nil {
			each()
		}
		_, err := c.JS.PublishMsg(ctx, msg)
		return err
	}, func(err error) bool { return errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, errHoldLost) })
	h.unsure = h.unsure || err != nil && !errors.Is(err, nats.ErrMaxPayload)
	return err
}
