package schema

import (
	"strconv"
	"strings"
	"time"
)

// Hold is what entitled a worker to move a step: the message it had, and until when this was no other worker's. A moved
// step that is stored later was overtaken on its way, and somebody else may have taken the message up.
type Hold struct {
	Stream   string
	Sequence uint64
	Until    time.Time // to the millisecond
}

// readHold is zero for a header that is missing or can't be read.
func readHold(header map[string][]string) Hold {
	v := header[HeaderHold]
	if len(v) == 0 {
		return Hold{}
	}
	stream, rest, _ := strings.Cut(v[0], " ")
	sequence, until, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseUint(sequence, 10, 64)
	ms, errUntil := strconv.ParseInt(until, 10, 64)
	if stream == "" || err != nil || errUntil != nil {
		return Hold{}
	}
	return Hold{Stream: stream, Sequence: n, Until: time.UnixMilli(ms).UTC()}
}

// Write sets the header: <stream> <sequence> <Unix milliseconds>.
func (h Hold) Write(header map[string][]string) {
	delete(header, HeaderHold)
	if h.Stream == "" {
		return
	}
	b := make([]byte, 0, len(h.Stream)+32)
	b = append(append(b, h.Stream...), ' ')
	b = append(strconv.AppendUint(b, h.Sequence, 10), ' ')
	header[HeaderHold] = []string{string(strconv.AppendInt(b, h.Until.UnixMilli(), 10))}
}
