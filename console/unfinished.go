package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// searchTime is how long one search may take, unless Operations.SearchTime says otherwise.
const searchTime = 20 * time.Second

// Unfinished is the end of a search that had no time to look at everything it was asked for.
type Unfinished struct {
	After time.Duration // that it had
	Back  time.Time     // records from then on were looked at, whole seconds; zero where all were
	Queue string        // a stream not all of whose waiting steps were looked at; "" where all were
}

func (e *Unfinished) Error() string {
	text := fmt.Sprintf("a search may take %s, which did not do: ", schema.Duration(e.After))
	switch {
	case e.Queue == "":
		text += "records back to " + e.Back.Format(time.RFC3339) + " were looked at"
	case e.Back.IsZero():
		text += "only a part of " + e.Queue + " was looked at, where more steps wait, and all records"
	default:
		text += "only a part of " + e.Queue + " was looked at, where more steps wait, and records back to " + e.Back.Format(time.RFC3339)
	}
	if e.Back.IsZero() {
		return text + "; look again when fewer wait"
	}
	return text + "; to go on from there give until " + e.Back.Format(time.RFC3339) + ", to look less far back give since"
}

var errSearchTime = errors.New("the search has taken too long")

// timed limits a search.
func (o *Operations) timed(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, o.searchTime(), errSearchTime)
}

func (o *Operations) searchTime() time.Duration { return cmp.Or(o.SearchTime, searchTime) }

// outOfTime reports whether a search ended because its own time is over, and not its caller's.
func outOfTime(ctx context.Context) bool { return errors.Is(context.Cause(ctx), errSearchTime) }

// unfinished is the Unfinished in an error, nil when there is none.
func unfinished(err error) *Unfinished {
	var u *Unfinished
	errors.As(err, &u)
	return u
}

// ceil is a time in whole seconds, not before t: what a search goes on from may overlap, and leaves no gap.
func ceil(t time.Time) time.Time {
	if whole := t.Truncate(time.Second); !whole.Equal(t) {
		return whole.Add(time.Second).UTC()
	}
	return t.UTC()
}
