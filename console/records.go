package console

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nats-io/nats.go/jetstream"
)

// Period is a part of what is on record. Zero times are open.
type Period struct {
	Since, Until time.Time
}

// search asks for records of one stream.
type search struct {
	stream, subject string
	since, until    time.Time // zero is open
	limit           int       // 0 = 50
	containing      string    // text that every wanted record holds
	email           string    // an address that every wanted record holds, in any letter case
}

// mayHold reports whether a record may be one that is wanted: to decode them all takes ten times as long.
func (s *search) mayHold(data []byte) bool {
	return bytes.Contains(data, []byte(s.containing)) && (s.email == "" || containsFold(data, plainest(s.email)))
}

// plainest is the longest part of a text that stands in JSON as it is.
func plainest(text string) string {
	longest := ""
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	return longest
}

// containsFold reports whether data holds a part, which is of ASCII letters and digits, in any letter case.
func containsFold(data []byte, part string) bool {
	for ; len(data) >= len(part); data = data[1:] {
		i := 0
		for i < len(part) && data[i]|0x20 == part[i]|0x20 {
			i++
		}
		if i == len(part) {
			return true
		}
	}
	return false
}

// newest are the last records that keep wants, newest first. more says that there may be older ones. When its time
// is over it is what was found until then, and [Unfinished].
func newest[T any](ctx context.Context, o *Operations, s search, keep func(*T) bool) (found []T, more bool, err error) {
	limit := min(cmp.Or(max(s.limit, 0), 50), MaxPage)
	found = []T{}
	ctx, cancel := o.timed(ctx)
	defer cancel()
	w, err := openWindows(ctx, o.JS, s)
	if err != nil && outOfTime(ctx) {
		return found, true, &Unfinished{After: o.searchTime(), Back: ceil(time.Now())}
	}
	if err != nil {
		return nil, false, err
	}
	for w.next() {
		part := make([]T, 0, limit)
		err := w.read(ctx, func(msg jetstream.Msg) bool {
			var v T
			if json.Unmarshal(msg.Data(), &v) == nil && keep(&v) {
				if part = append(part, v); len(part) > 2*limit {
					part = append(part[:0], part[len(part)-limit-1:]...)
				}
			}
			return true
		})
		if err != nil && outOfTime(ctx) {
			return found, true, &Unfinished{After: o.searchTime(), Back: w.reached()}
		}
		if err != nil {
			return nil, false, err
		}
		slices.Reverse(part)
		if found = append(found, part...); len(found) > limit {
			return found[:limit], true, nil
		}
	}
	return found, false, nil
}
