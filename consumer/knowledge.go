package consumer

import (
	"context"
	"time"
)

// knowledge is what was read of subjects, so that many questions in a row read each message once. After a server was
// killed they come in thousands.
type knowledge struct {
	subjects map[string]*reading // by stream and subject
	life     uint64              // of the archive
}

// reading is how far the steps on one subject have come, and which part of the stream says so.
type reading struct {
	since       time.Time // all that was stored from then on was read …
	first, next uint64    // … which begins at this sequence and ends before that one; 0 when there was nothing
	moves       map[string]int
	used        time.Time
}

const (
	knowledgeMost = 250_000     // steps; 30 MB
	knowledgeIdle = time.Minute // until a subject is forgotten that nobody asks about
)

// of says how far each step on a subject has come since a time, as read finds it in the ids. What was read before
// an error is kept, too.
func (k *knowledge) of(ctx context.Context, from archive, stream, subject string, since time.Time, read func(string) (string, int)) (map[string]int, error) {
	if life := from.life(); k.subjects == nil || life != k.life {
		k.subjects, k.life = map[string]*reading{}, life
	}
	key := stream + " " + subject
	r := k.subjects[key]
	if r == nil {
		r = &reading{since: since, moves: map[string]int{}}
		k.subjects[key] = r
	}
	r.used = time.Now()
	note := func(sequence uint64, id string) {
		if step, move := read(id); move >= r.moves[step] {
			r.moves[step] = move
		}
		r.next = max(r.next, sequence+1)
	}
	if since.Before(r.since) && r.next > 0 {
		before := r.first
		if err := from.ids(ctx, stream, subject, span{since: since, to: before}, func(sequence uint64, id string) {
			if sequence < before {
				r.first = min(r.first, sequence)
				note(sequence, id)
			}
		}); err != nil {
			delete(k.subjects, key) // with a gap in it
			return r.moves, err
		}
	}
	if since.Before(r.since) {
		r.since = since
	}
	err := from.ids(ctx, stream, subject, span{since: r.since, from: r.next}, func(sequence uint64, id string) {
		if r.next == 0 {
			r.first = sequence
		}
		note(sequence, id)
	})
	return r.moves, err
}

// forget drops what nobody asks about, and everything when it is too much.
func (k *knowledge) forget(now time.Time) {
	all := 0
	for key, r := range k.subjects {
		if all += len(r.moves); now.Sub(r.used) > knowledgeIdle {
			delete(k.subjects, key)
		}
	}
	if all > knowledgeMost {
		clear(k.subjects)
	}
}
