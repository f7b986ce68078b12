package consumer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/journeyhook/journeyhook/internal/sabotage"
)

// A message is its worker's only as long as the server thinks so: for AckWait since it last heard of it.
// Whoever can't be sure of that any more must store nothing for the message, since another worker may
// have it; the call it made then repeats. The hold ends a little earlier than the server's, so that
// what was sent in time also arrives in time.

// errHoldLost says that the message may be another worker's by now.
var errHoldLost = errors.New("consumer: the message was held for too long without a word from NATS")

var beatPayload = []byte("+WPI")

// since begins or renews a hold.
func (h *held) since(heard time.Time) {
	if h.final.Load() {
		return
	}
	h.until.Set(heard.Add(h.consumer.AckWait * 5 / 6))
}

// lost reports whether the hold has ended. One that was never taken under the heartbeat just came.
func (h *held) lost() bool {
	return sabotage.Guard != sabotage.NoHoldEnd && h.until.Over()
}

// take begins the hold of a message that was just read. A process that stood still finds messages that
// have waited for it, and its ticks are late just as long; what may have waited for too long is lost. A
// server that begins anew, or another one that takes over, counts AckWait from when the message was
// stored, unless it was heard of since; so it is the age of a message that counts.
func (b *heartbeats) take(h *held, now time.Time) {
	heard := now
	if b.still(now) {
		heard = b.ticked
	} else if !b.woke.IsZero() && now.Sub(b.woke) < b.every {
		heard = b.before
	}
	stored := now.Add(h.stored.Round(0).Sub(now)) // by this process' clock, which may be set meanwhile
	if heard.Before(stored) && stored.Before(now) {
		heard = stored // it can't have been delivered earlier
	}
	h.since(heard)
	if h.lost() {
		return
	}
	if !h.stored.IsZero() && stored.Before(heard) {
		heard = stored
	}
	h.old = now.Sub(heard) > b.every
	h.since(heard)
}

// sure makes certain that the server knows who holds the message. Fresh ones it need not be told about.
// When it can't be, somebody else will get the message.
func (h *held) sure() bool {
	c := h.consumer
	if h.old && !h.final.Load() && sabotage.Guard != sabotage.NoBeats {
		c.roll.ask(h, c.claim)
		h.old = false
	}
	return !h.lost()
}

// claim tells the server who holds old messages, in the time that leaves for it.
func (c *Consumer) claim(all []*held) {
	ctx, cancel := context.WithTimeout(c.last, c.AckWait/6)
	defer cancel()
	c.renew(ctx, all)
}

// renew tells the server of messages and begins their holds anew, if it answers.
func (c *Consumer) renew(ctx context.Context, all []*held) {
	byConsumer := map[string][]*held{}
	for _, h := range all {
		byConsumer[h.at.stream+" "+h.durable] = append(byConsumer[h.at.stream+" "+h.durable], h)
	}
	var telling sync.WaitGroup
	for _, some := range byConsumer {
		telling.Go(func() {
			began := time.Now()
			if c.tell(ctx, some, beatPayload) == nil {
				for _, h := range some {
					h.since(began)
				}
			}
		})
	}
	telling.Wait()
}

// tellServer sends a word about each message of one consumer and waits for the server's answer to the
// last: it takes a connection's words in order, so that answer speaks for those before it. It says nothing
// about the others when the connection was lost on the way.
func (c *Consumer) tellServer(ctx context.Context, all []*held, word []byte) error {
	if err := c.away(); err != nil {
		return err
	}
	nc := c.JS.Conn()
	before := nc.Stats().Reconnects
	last := slices.MaxFunc(all, func(x, y *held) int { return cmp.Compare(x.at.sequence, y.at.sequence) })
	for _, h := range all {
		if h == last {
			continue
		}
		if err := nc.Publish(h.msg.Reply(), word); err != nil {
			return fmt.Errorf("consumer: tell of %d messages: %w", len(all), err)
		}
	}
	if _, err := nc.RequestWithContext(ctx, last.msg.Reply(), word); err != nil {
		return fmt.Errorf("consumer: tell of %d messages: %w", len(all), err)
	}
	if nc.Stats().Reconnects != before {
		return fmt.Errorf("consumer: tell of %d messages: the connection was lost meanwhile", len(all))
	}
	return nil
}
