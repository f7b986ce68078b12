package webhooks

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// A bucket that was deleted and made anew has no webhooks, and none of its steps may exit for that. What tells such a
// bucket from one in which webhooks were deleted: a deleted webhook leaves a mark there. So a worker uses a bucket that
// lost webhooks without a mark, or is younger than the work of the streams, only when an operator says so.

// ErrLost says that webhooks were lost, other than by deleting them. Until an operator gives their word for what the
// bucket holds now, no step may exit for a webhook that is not there.
var ErrLost = errors.New("webhooks were lost; restore the bucket, or write them again with: hookctl apply; then run: hookctl adopt")

// wordKey is the entry of a bucket's metadata that holds the word on it.
const wordKey = "journeyhook-adopted"

// fillPause is how long nobody may have written to a bucket that was adopted without webhooks before workers use it.
const fillPause = 10 * time.Second

// Use is what is known about the first use of an installation's streams.
type Use struct {
	Message time.Time // when the oldest message was stored that is still there; zero when there is none
	Stream  time.Time // when the oldest stream was made that ever held a message; zero when none did
}

// Any reports whether the streams were ever used.
func (u Use) Any() bool { return !u.Stream.IsZero() }

// olderThan is how much older than a bucket a used stream must be to speak for a loss: they were made together.
const olderThan = time.Minute

// Life is what tells one life of a bucket from the next, how far it has come, and the word on it. It is the leader's.
type Life struct {
	Created            time.Time
	Last               uint64 // revision
	Messages, Subjects uint64
	Replicas           int
	Rest               time.Duration // since the last write
	Word               string
}

// LifeOf reads the life of a bucket from its stream.
func LifeOf(info *jetstream.StreamInfo) Life {
	return Life{
		Created: info.Created, Last: info.State.LastSeq, Messages: info.State.Msgs, Subjects: info.State.NumSubjects,
		Replicas: info.Config.Replicas, Rest: info.TimeStamp.Sub(info.State.LastTime), Word: info.Config.Metadata[wordKey],
	}
}

// word is what somebody said about a bucket: that it is all there is.
type word struct {
	last, messages uint64 // that it had
	empty          bool   // it may be empty
}

// Adopt gives the word on a bucket: workers use what it holds. One that holds nothing they use once something was
// written to it, or, if empty is meant, at once. A bucket that was made anew is another one.
func Adopt(ctx context.Context, js jetstream.JetStream, bucket string, empty bool) error {
	stream, err := js.Stream(ctx, "KV_"+bucket)
	if err != nil {
		return fmt.Errorf("webhooks: adopt bucket %s: %w", bucket, err)
	}
	info := stream.CachedInfo()
	cfg, life := info.Config, LifeOf(info)
	if cfg.Metadata == nil {
		cfg.Metadata = map[string]string{}
	}
	may := mayBeFilled
	if empty {
		may = mayBeEmpty
	}
	cfg.Metadata[wordKey] = wordOn(life, may)
	if _, err := js.UpdateStream(ctx, cfg); err != nil {
		return fmt.Errorf("webhooks: adopt bucket %s: %w", bucket, err)
	}
	return nil
}

// What the word on a bucket says of it.
const (
	wasMade     = "made"   // with the installation, which had nothing to lose; its time is the maker's, and near
	mayBeFilled = "filled" // it is all there is; an empty one waits until it was filled
	mayBeEmpty  = "empty"
)

func wordOn(l Life, says string) string {
	return fmt.Sprintf("%s %d %d %s %s", l.Created.UTC().Format(time.RFC3339Nano), l.Last, l.Messages, says, time.Now().UTC().Format(time.RFC3339Nano))
}

// MadeNew is the metadata of a bucket that is made where nothing can have been lost.
func MadeNew() map[string]string {
	return map[string]string{wordKey: wordOn(Life{Created: time.Now()}, wasMade)}
}

// nearMade is how far the maker's clock may be from the server's, and how long making takes.
const nearMade = time.Minute

// said is the word on this life of the bucket.
func (l Life) said() (w word, ok bool) {
	parts := strings.Fields(l.Word)
	if len(parts) != 5 {
		return word{}, false
	}
	created, err := time.Parse(time.RFC3339Nano, parts[0])
	last, errLast := strconv.ParseUint(parts[1], 10, 64)
	messages, errMessages := strconv.ParseUint(parts[2], 10, 64)
	if errors.Join(err, errLast, errMessages) != nil {
		return word{}, false
	}
	made := parts[3] == wasMade && created.Sub(l.Created).Abs() < nearMade
	return word{last, messages, made || parts[3] == mayBeEmpty}, made || created.Equal(l.Created)
}

// emptied reports whether a bucket was purged: webhooks that were deleted would have left marks.
func (l Life) emptied() bool { return l.Messages == 0 && l.Last > 0 }

// Lost says why a bucket must not be used as it is ([ErrLost]), nil when it may be.
func (l Life) Lost(used Use) error {
	w, said := l.said()
	switch {
	case said && l.Messages == 0 && l.Last == w.last && w.messages == 0 && w.empty:
		return nil
	case said && l.Messages == 0 && l.Last == w.last && w.messages == 0:
		return fmt.Errorf("the bucket was adopted empty and waits for webhooks: %w", ErrLost)
	case l.emptied() && !used.Message.IsZero():
		return fmt.Errorf("the bucket was purged: %w", ErrLost)
	case said && w.messages == 0 && !w.empty && l.Rest < fillPause:
		return fmt.Errorf("the bucket is being filled; it is used when nobody has written to it for %s: %w", fillPause, ErrLost)
	case said:
		return nil
	case !used.Message.IsZero() && used.Message.Before(l.Created):
		return fmt.Errorf("the bucket was made at %s, and the streams were used before: %w", l.Created.UTC().Format(time.RFC3339), ErrLost)
	case l.Messages == 0 && used.Any() && used.Stream.Before(l.Created.Add(-olderThan)):
		return fmt.Errorf("the bucket is empty and younger than the streams: %w", ErrLost)
	}
	return nil
}

// losses is what a view knows about losses. The view's lock guards it.
type losses struct {
	trusted Life  // the last one that was used
	gone    error // why the bucket must not be used, nil while it may be
	word    string
}

// Gone says that the bucket is missing or must not be used as it is (an [ErrLost]), nil when it may be.
func (v *View) Gone() error {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.losses.gone
}

// judge decides whether a bucket may be used, where alive webhooks were known before its life was asked for.
func (v *View) judge(ctx context.Context, now Life, alive int) error {
	if v.Used == nil {
		return nil
	}
	v.mu.RLock()
	known := v.losses
	v.mu.RUnlock()
	err := v.lost(ctx, known, now, alive)
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case err == nil:
		if v.losses.gone != nil { // what is there may be less than what was; until it is read the bucket itself is asked
			v.all, v.locked, v.seen = map[Name]*schema.Webhook{}, map[Name]error{}, 0
		}
		v.losses = losses{trusted: now}
	case v.losses.gone == nil:
		v.losses.gone, v.losses.word = err, now.Word
	default:
		v.losses.gone = err
	}
	return err
}

// lost is judge without its memory.
func (v *View) lost(ctx context.Context, known losses, now Life, alive int) error {
	_, said := now.said()
	same := now.Created.Equal(known.trusted.Created)
	var used Use
	if !same && (!said || now.emptied()) {
		var err error
		if used, err = v.Used(ctx); err != nil {
			return fmt.Errorf("webhooks: ask since when the streams are used: %w", err)
		}
	}
	if err := now.Lost(used); err != nil {
		return err
	}
	renewed := said && (known.gone == nil && now.Word != known.trusted.Word || known.gone != nil && now.Word != known.word)
	switch {
	case known.trusted.Created.IsZero() || renewed:
		return nil
	case !same && !said:
		return fmt.Errorf("the bucket is another one than this worker knew: %w", ErrLost)
	case same && now.Subjects < uint64(alive):
		return fmt.Errorf("%d webhooks of the bucket are gone without having been deleted: %w", uint64(alive)-now.Subjects, ErrLost)
	}
	return nil
}

// missing notes that there is no bucket.
func (v *View) missing(err error) {
	if v.Used == nil || !errors.Is(err, jetstream.ErrBucketNotFound) && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.losses.gone = fmt.Errorf("the bucket is missing (%w): %w", err, ErrLost)
}
