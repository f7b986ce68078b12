package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/schema"
)

// straysWithin is how long workers may take to remove some more of the acked messages that a killed server kept. They
// look about once a minute, at a thousand, and must see each twice. A short run does not wait for it.
const straysWithin = 5 * time.Minute

// collect waits until the queues are empty, or for as long as the drain may take, and puts together what
// the streams hold.
func (w *world) collect(ctx context.Context, o options) (*Record, error) {
	began := time.Now()
	err := child.Until(ctx, o.drain, "empty queues", func() bool {
		left, _, err := w.left(ctx)
		_ = pause(ctx, 200*time.Millisecond)
		return err == nil && left[w.names.Steps()]+left[w.names.Retries()]+left[w.names.Backlog()] == 0
	})
	if ctx.Err() != nil {
		return nil, err
	}
	took := time.Since(began)
	if err == nil && !o.short() {
		w.awaitStrays(ctx)
	}
	left, remains, err := w.left(ctx)
	if err != nil {
		return nil, err
	}
	dead, err := w.messages(ctx, w.names.Dead())
	if err != nil {
		return nil, err
	}
	if err := errors.Join(w.readAll(ctx), w.readKept(ctx)); err != nil {
		return nil, err
	}
	w.falseAlarms()
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	for _, s := range w.ledger.stories {
		s.join(w.ledger.faults)
	}
	return &Record{
		Notices: w.ledger.notices, Piled: w.ledger.most, Run: o, Stories: w.ledger.stories, Faults: w.ledger.faults, Trouble: w.ledger.trouble, Left: left, Remains: remains, Dead: dead, Took: took,
		TokenRequests: w.tokens.Requests(), TokenLimit: tokenLimit(w.ledger.faults, o.workers),
		Moves: w.ledger.moves, PeakMB: w.peak(),
	}, nil
}

// falseAlarms complains about workers that took something for a purge, or for a stream that was made anew. Nobody does that here.
func (w *world) falseAlarms() {
	for _, k := range w.workers {
		said, err := os.ReadFile(filepath.Join(w.dir, k.name+".log"))
		if err != nil {
			w.ledger.complain(err)
		}
		if n := strings.Count(string(said), "not by journeyhook"); n > 0 {
			w.ledger.complain(fmt.Errorf("%s said %d times that a stream was emptied, which nobody did", k.name, n))
		}
	}
}

// awaitStrays waits until nothing remains, or nothing more is removed.
func (w *world) awaitStrays(ctx context.Context) {
	for most := ^uint64(0); most > 0; {
		if child.Until(ctx, straysWithin, "fewer strays", func() bool {
			_, remains, err := w.left(ctx)
			_ = pause(ctx, 200*time.Millisecond)
			if err != nil || remains >= most {
				return false
			}
			most = remains
			return true
		}) != nil {
			return
		}
	}
}

// left counts the messages of each queue that somebody still has to work off, and what remains of others.
func (w *world) left(ctx context.Context) (left map[string]uint64, remains uint64, err error) {
	left = map[string]uint64{}
	for _, stream := range []string{w.names.Steps(), w.names.Retries(), w.names.Backlog()} {
		stored, err := w.messages(ctx, stream)
		if err != nil {
			return nil, 0, err
		}
		if stored == 0 {
			continue
		}
		waiting, err := w.waiting(ctx, stream)
		if err != nil {
			return nil, 0, err
		}
		if stream == w.names.Backlog() {
			waiting = stored // its consumers come and go
		}
		left[stream] = waiting
		remains += stored - min(waiting, stored)
	}
	return left, remains, nil
}

// waiting is how many messages a stream's consumers have to deliver, or to see acked.
func (w *world) waiting(ctx context.Context, stream string) (n uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	s, err := w.js.Stream(ctx, stream)
	if err != nil {
		return 0, fmt.Errorf("look at %s: %w", stream, err)
	}
	all := s.ListConsumers(ctx)
	for c := range all.Info() {
		n += c.NumPending + uint64(c.NumAckPending)
	}
	if all.Err() != nil {
		return 0, fmt.Errorf("look at the consumers of %s: %w", stream, all.Err())
	}
	return n, nil
}

func (w *world) messages(ctx context.Context, stream string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	s, err := w.js.Stream(ctx, stream)
	if err != nil {
		return 0, fmt.Errorf("look at %s: %w", stream, err)
	}
	return s.CachedInfo().State.Msgs, nil
}

// readAll adds results, profile updates and attempt records to their steps' stories.
func (w *world) readAll(ctx context.Context) error {
	results := func(data []byte, at time.Time) error {
		var r schema.Result
		err := json.Unmarshal(data, &r)
		s := w.ledger.story(r.StepID)
		s.Results = append(s.Results, Ending{r, at})
		return err
	}
	profiles := func(data []byte, at time.Time) error {
		var p schema.ProfileUpdate
		err := json.Unmarshal(data, &p)
		s := w.ledger.story(p.StepID)
		s.Profiles = append(s.Profiles, at)
		return err
	}
	attempts := func(data []byte, _ time.Time) error {
		var a schema.Attempt
		err := json.Unmarshal(data, &a)
		a.At = a.At.Add(-w.ledger.aheadOf(a.Worker))
		s := w.ledger.story(a.StepID)
		s.Attempts = append(s.Attempts, a)
		return err
	}
	notices := func(data []byte, at time.Time) error {
		n := Notice{At: at}
		err := json.Unmarshal(data, &n.Notification)
		w.ledger.notices = append(w.ledger.notices, n)
		return err
	}
	return errors.Join(
		w.read(ctx, w.names.Notifications(), notices),
		w.read(ctx, w.names.Results(), results),
		w.read(ctx, w.names.Profiles(), profiles),
		w.read(ctx, w.names.Attempts(), attempts),
	)
}

// stored is a message of a stream.
type stored struct {
	data []byte
	at   time.Time
}

// read gives every message of a stream to take, with the time it was stored. It is patient with a
// cluster that has just been hurt.
func (w *world) read(ctx context.Context, stream string, take func(data []byte, at time.Time) error) error {
	var all []stored
	var last error
	if err := child.Until(ctx, recoverWithin, "read "+stream, func() bool {
		all, last = w.readOnce(ctx, stream)
		if last != nil {
			_ = pause(ctx, time.Second)
		}
		return last == nil
	}); err != nil {
		return errors.Join(err, last)
	}
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	for _, msg := range all {
		if err := take(msg.data, msg.at); err != nil {
			return fmt.Errorf("read %s: %w", stream, err)
		}
	}
	return nil
}

func (w *world) readOnce(ctx context.Context, stream string) ([]stored, error) {
	s, err := w.js.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	cons, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, err
	}
	var all []stored
	for want := int(s.CachedInfo().State.Msgs); len(all) < want; {
		batch, err := cons.Fetch(min(want-len(all), 1000), jetstream.FetchMaxWait(5*time.Second))
		if err != nil {
			return nil, err
		}
		before := len(all)
		for msg := range batch.Messages() {
			meta, err := msg.Metadata()
			if err != nil {
				return nil, err
			}
			all = append(all, stored{msg.Data(), meta.Timestamp})
		}
		if err := batch.Error(); err != nil {
			return nil, err
		}
		if len(all) == before {
			return nil, fmt.Errorf("%d messages did not come", want-len(all))
		}
	}
	return all, nil
}
