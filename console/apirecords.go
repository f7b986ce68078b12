package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// list is a page of records, newest first.
type list[T any] struct {
	Items []T  `json:"items"`
	More  bool `json:"more"` // there are older ones
}

func (s *Server) listAttempts(c *Call) error {
	p := paramsOf(c.R)
	q := AttemptsQuery{
		Webhook: p.webhook(), Step: p.text("step"), Reason: schema.Reason(p.oneOf("reason", schema.ReasonNames()...)),
		Next:   schema.Next(p.oneOf("next", "continue", "exit", "retry", "wait")),
		Status: p.statuses("status"), Since: p.time("since"), Until: p.time("until"), Limit: p.number("limit"),
	}
	if err := p.err(); err != nil {
		return err
	}
	attempts, more, err := s.Ops.Attempts(c.R.Context(), c.Project, q)
	if err != nil {
		return err
	}
	return ok(c, list[schema.Attempt]{attempts, more})
}

func (s *Server) listResults(c *Call) error {
	p := paramsOf(c.R)
	q := ResultsQuery{
		Email: p.text("email"), Webhook: p.webhook(), Outcome: schema.Decision(p.oneOf("outcome", "continue", "exit")),
		Since: p.time("since"), Until: p.time("until"), Limit: p.number("limit"),
	}
	if err := p.err(); err != nil {
		return err
	}
	results, more, err := s.Ops.Results(c.R.Context(), c.Project, q)
	if err != nil {
		return err
	}
	return ok(c, list[schema.Result]{results, more})
}

func (s *Server) listChanges(c *Call) error {
	p := paramsOf(c.R)
	q := ChangesQuery{Webhook: p.webhook(), Since: p.time("since"), Until: p.time("until"), Limit: p.number("limit")}
	if err := p.err(); err != nil {
		return err
	}
	changes, more, err := s.Ops.Changes(c.R.Context(), c.Project, q)
	if err != nil {
		return err
	}
	return ok(c, list[schema.Change]{changes, more})
}

func (s *Server) explain(c *Call) error {
	p := paramsOf(c.R)
	period := Period{Since: p.time("since"), Until: p.time("until")}
	if err := p.err(); err != nil {
		return err
	}
	step := c.R.PathValue("step")
	if !schema.ValidStepID(step) {
		return &refusal{http.StatusNotFound, "not-found", "There is no such step", strconv.Quote(step) + " can't be a step's id"}
	}
	story, err := s.Ops.Explain(c.R.Context(), c.Project, step, period)
	if err != nil {
		return err
	}
	if story.Place == PlaceUnknown {
		return &refusal{http.StatusNotFound, "not-found", "Nothing is known of this step", fmt.Sprint(story.Notes)}
	}
	return ok(c, story)
}

func (s *Server) listNotifications(c *Call) error {
	p := paramsOf(c.R)
	limit, open := p.number("limit"), p.flag("open")
	if err := p.err(); err != nil {
		return err
	}
	notices, err := s.Ops.Notices(c.R.Context(), c.Project, limit, open)
	if err != nil {
		return err
	}
	return ok(c, map[string]any{"items": notices})
}

func (s *Server) acknowledge(c *Call) error {
	p := paramsOf(c.R)
	upTo := p.time("upTo")
	if err := p.err(); err != nil {
		return err
	}
	ack, err := s.Ops.Acknowledge(c.R.Context(), c.By(api), c.Project, c.R.PathValue("notification"), upTo)
	if err != nil {
		return err
	}
	return ok(c, ack)
}

func (s *Server) backlog(c *Call) error {
	b, err := s.Ops.Backlog(c.R.Context(), c.Project, c.ID)
	if err != nil {
		return err
	}
	return ok(c, b)
}

func (s *Server) health(c *Call) error {
	minutes := []Minute{}
	if s.Ops.Health != nil {
		minutes = s.Ops.Health.Minutes(c.Project, c.ID)
	}
	return ok(c, map[string]any{"minutes": minutes})
}

// heartbeat keeps proxies from ending a quiet stream, and is when its reader is looked up again.
const heartbeat = 15 * time.Second

// streamAttempts sends attempt records as they come, as server-sent events. A client that comes back with
// Last-Event-ID misses none.
func (s *Server) streamAttempts(c *Call) error {
	p := paramsOf(c.R)
	webhook := p.webhook()
	if err := p.err(); err != nil {
		return err
	}
	if s.streams.Add(1) > maxStreams {
		s.streams.Add(-1)
		return errTooMany
	}
	defer s.streams.Add(-1)
	after, _ := strconv.ParseUint(c.R.Header.Get("Last-Event-ID"), 10, 64)
	ctx, stop := context.WithCancel(c.R.Context())
	defer stop()
	events, ended := make(chan Event, 64), make(chan error, 1)
	var watching sync.WaitGroup
	watching.Go(func() {
		ended <- s.Ops.Watch(ctx, c.Project, webhook, after, func(e Event) error {
			select {
			case events <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	err := s.sendEvents(c, events, ended)
	stop()
	watching.Wait()
	return err
}

// sendEvents writes until the client goes away, the watch ends, or the reader may no longer read.
func (s *Server) sendEvents(c *Call, events <-chan Event, ended <-chan error) error {
	out := http.NewResponseController(c.W)
	begun := false
	write := func(text string) error {
		if !begun {
			begun = true
			c.W.Header().Set("Content-Type", "text/event-stream")
			c.W.Header().Set("X-Accel-Buffering", "no")
		}
		_ = out.SetWriteDeadline(time.Now().Add(answerTime)) // a recorder in a test has none
		if _, err := c.W.Write([]byte(text)); err != nil {
			return err
		}
		return out.Flush()
	}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	select { // a stream that can't be followed is a problem, not an empty answer
	case err := <-ended:
		return err
	case <-time.After(50 * time.Millisecond):
	}
	if err := write("retry: 2000\n\n"); err != nil {
		return nil //nolint:nilerr // the client went away
	}
	for {
		var err error
		select {
		case <-c.R.Context().Done():
			return nil
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				s.Log.Warn().Err(err).Msg("a stream of attempts ended early; its client comes back")
			}
			return nil
		case e := <-events:
			data, marshalErr := json.Marshal(e.Attempt)
			if marshalErr != nil {
				return nil //nolint:nilerr // a record that was read as JSON can be written as such
			}
			err = write(fmt.Sprintf("event: attempt\nid: %d\ndata: %s\n\n", e.Sequence, data))
		case <-tick.C:
			if who, idErr := s.Identify(c.R); idErr != nil || !who.May(Viewer, c.Project) {
				return nil //nolint:nilerr // the token was revoked meanwhile
			}
			err = write(": still here\n\n")
		}
		if err != nil {
			return nil //nolint:nilerr // the client went away
		}
	}
}
