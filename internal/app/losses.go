package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// ErrLost says that streams or the webhooks' bucket were there, held something, and are gone. Nobody makes them anew,
// empty, but an operator.
var ErrLost = errors.New("it was deleted: restore it from a backup, or make what is missing with: hookctl adopt")

// core are the streams that every version has, with what the loss of each costs. An installation was used when one of
// them ever held a message.
func core(n schema.Names) map[string]string {
	return map[string]string{
		n.Steps():   "the steps that waited for their first attempt are lost with it",
		n.Retries(): "the steps that waited for a retry are lost with it",
		n.Backlog(): "the steps that waited for room on their webhook, or for a paused one, are lost with it",
		n.Results(): "nobody can tell any more which steps ended, so some may get a second result",
	}
}

// stock is what is there of an installation.
type stock struct {
	infos   map[string]*jetstream.StreamInfo // of the core streams
	missing []string                         // core streams, in order
	bucket  bool                             // that of the webhooks is there
	names   schema.Names
}

// takeStock asks for the core streams and the webhooks' bucket.
func takeStock(ctx context.Context, js jetstream.JetStream, n schema.Names) (stock, error) {
	s := stock{infos: map[string]*jetstream.StreamInfo{}, names: n}
	for _, name := range []string{n.Steps(), n.Retries(), n.Backlog(), n.Results()} {
		stream, err := js.Stream(ctx, name)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
			s.missing = append(s.missing, name)
		case err != nil:
			return s, fmt.Errorf("look at stream %s: %w", name, err)
		default:
			s.infos[name] = stream.CachedInfo()
		}
	}
	_, err := js.Stream(ctx, bucketStream(n.WebhooksBucket()))
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return s, fmt.Errorf("look at bucket %s: %w", n.WebhooksBucket(), err)
	}
	s.bucket = err == nil
	return s, nil
}

// use is what the streams tell of their first use.
func (s stock) use() webhooks.Use {
	var u webhooks.Use
	for _, info := range s.infos {
		if info.State.LastSeq == 0 {
			continue
		}
		if u.Stream.IsZero() || info.Created.Before(u.Stream) {
			u.Stream = info.Created
		}
		if first := info.State.FirstTime; info.State.Msgs > 0 && (u.Message.IsZero() || first.Before(u.Message)) {
			u.Message = first
		}
	}
	return u
}

// lost says what was there and is gone ([ErrLost]): what is missing although the installation was used.
func (s stock) lost() error {
	if !s.use().Any() {
		return nil
	}
	var all []error
	costs := core(s.names)
	for _, name := range s.missing {
		all = append(all, fmt.Errorf("stream %s is missing; %s; %w", name, costs[name], ErrLost))
	}
	if !s.bucket {
		all = append(all, fmt.Errorf("bucket %s is missing, and every webhook with it; %w", s.names.WebhooksBucket(), ErrLost))
	}
	return errors.Join(all...)
}

// Lost says what of an installation that was used is gone ([ErrLost]), nil when nothing is. Any other error is that it
// can't be looked at.
func Lost(ctx context.Context, js jetstream.JetStream, s Stores) error {
	found, err := takeStock(ctx, js, s.Names())
	if err != nil {
		return err
	}
	return found.lost()
}

// firstUse is when the streams were first used.
func firstUse(js jetstream.JetStream, n schema.Names) func(context.Context) (webhooks.Use, error) {
	return func(ctx context.Context) (webhooks.Use, error) {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		found, err := takeStock(ctx, js, n)
		return found.use(), err
	}
}

const (
	lossesEvery = 2 * time.Second // between two looks at what is there
	lossesTold  = 5 * time.Minute // between two words on the same loss
)

// teller tells of a loss when it is noticed, and now and then while it lasts.
type teller struct {
	log  zerolog.Logger
	said string
	at   time.Time
}

func (t *teller) tell(err error) {
	if err == nil {
		if t.said != "" {
			t.log.Info().Msg("what was missing in NATS is there again")
		}
		t.said = ""
		return
	}
	if t.said == err.Error() && time.Since(t.at) < lossesTold {
		return
	}
	t.said, t.at = err.Error(), time.Now()
	t.log.Error().Str("why", strings.ReplaceAll(err.Error(), "\n", "; ")).Msg("something was deleted in NATS; no step is attempted, and none exits, until it is restored or adopted")
}

// untilAdopted repeats what needs streams and buckets for as long as one is lost: a worker that ended for it would be
// started again and again, and tell nobody.
func untilAdopted(ctx context.Context, log zerolog.Logger, try func() error) error {
	t := teller{log: log}
	for {
		err := try()
		if !errors.Is(err, ErrLost) {
			return err
		}
		t.tell(err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lossesEvery):
		}
	}
}
