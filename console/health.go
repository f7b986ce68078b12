package console

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
)

const (
	healthMinutes = 60
	healthPause   = 2 * time.Second // between tries to follow the attempt log
)

// Counts is how a webhook's attempts went.
type Counts struct {
	Continue int64 `json:"continue"`
	Retry    int64 `json:"retry"`
	Exit     int64 `json:"exit"`
}

func (c *Counts) add(o Counts) {
	c.Continue += o.Continue
	c.Retry += o.Retry
	c.Exit += o.Exit
}

// Minute is one minute of a webhook's attempts.
type Minute struct {
	At time.Time `json:"at"`
	Counts
	MeanMS float64 `json:"meanMs"` // of the calls
	MaxMS  float64 `json:"maxMs"`
}

// Health counts the attempts of the last hour by webhook, from the attempt log.
type Health struct {
	JS    jetstream.JetStream
	Names schema.Names
	Log   zerolog.Logger

	mu    sync.Mutex
	hooks map[schema.Name]*hour
	last  uint64 // place in the log that was counted
	swept int64  // the minute in which webhooks were forgotten last
}

// hour is a ring of minutes.
type hour [healthMinutes]slot

type slot struct {
	minute int64 // since 1970
	Counts
	took, longest float64
}

// Run counts until ctx ends. While the log can't be followed it keeps what it counted.
func (h *Health) Run(ctx context.Context) error {
	for {
		err := h.follow(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // being asked to stop is the one way to end
		}
		h.Log.Debug().Err(err).Msg("the attempt log can't be followed; trying again")
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(healthPause):
		}
	}
}

func (h *Health) follow(ctx context.Context) error {
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: []string{h.Names.All("attempts")}}
	if h.last > 0 {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, h.last+1
	} else {
		from := time.Now().Add(-healthMinutes * time.Minute)
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &from
	}
	return follow(ctx, h.JS, h.Names.Attempts(), cfg, func(meta *jetstream.MsgMetadata, data []byte) error {
		h.last = meta.Sequence.Stream
		var a schema.Attempt
		if unmarshal(data, &a) == nil {
			h.count(&a)
		}
		return nil
	})
}

func (h *Health) count(a *schema.Attempt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.hooks == nil {
		h.hooks = map[schema.Name]*hour{}
	}
	h.forget()
	name := schema.Name{Project: a.ProjectID, ID: a.WebhookID}
	ring := h.hooks[name]
	if ring == nil {
		ring = &hour{}
		h.hooks[name] = ring
	}
	minute := a.At.Unix() / 60
	s := &ring[minute%healthMinutes]
	if minute < s.minute {
		return
	}
	if minute > s.minute {
		*s = slot{minute: minute}
	}
	switch a.Next {
	case schema.NextContinue:
		s.Continue++
	case schema.NextExit:
		s.Exit++
	default:
		s.Retry++
	}
	s.took += a.TookMS
	s.longest = max(s.longest, a.TookMS)
}

// forget drops, once a minute, the webhooks that had no attempt for an hour. It is called with the lock held.
func (h *Health) forget() {
	now := time.Now().Unix() / 60
	if now == h.swept {
		return
	}
	h.swept = now
	maps.DeleteFunc(h.hooks, func(_ schema.Name, ring *hour) bool {
		return !slices.ContainsFunc(ring[:], func(s slot) bool { return s.minute > now-healthMinutes })
	})
}

// Project is the last hour of each of a project's webhooks that had an attempt.
func (h *Health) Project(project string) map[schema.Name]Counts {
	oldest := time.Now().Unix()/60 - healthMinutes
	all := map[schema.Name]Counts{}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, ring := range h.hooks {
		if name.Project != project {
			continue
		}
		var c Counts
		for i := range ring {
			if ring[i].minute > oldest {
				c.add(ring[i].Counts)
			}
		}
		if c != (Counts{}) {
			all[name] = c
		}
	}
	return all
}

// Minutes is the last hour of one webhook, oldest first; minutes without an attempt are left out.
func (h *Health) Minutes(project, id string) []Minute {
	oldest := time.Now().Unix()/60 - healthMinutes
	h.mu.Lock()
	defer h.mu.Unlock()
	minutes := []Minute{}
	ring := h.hooks[schema.Name{Project: project, ID: id}]
	if ring == nil {
		return minutes
	}
	for i := range ring {
		if s := &ring[i]; s.minute > oldest {
			n := s.Continue + s.Retry + s.Exit
			minutes = append(minutes, Minute{At: time.Unix(s.minute*60, 0).UTC(), Counts: s.Counts, MeanMS: s.took / float64(max(n, 1)), MaxMS: s.longest})
		}
	}
	slices.SortFunc(minutes, func(a, b Minute) int { return a.At.Compare(b.At) })
	return minutes
}
