package schema

import (
	"strconv"
	"time"
)

// Headers of a moved step and of dead letters.
const (
	HeaderAttempt = "Journeyhook-Attempt" // number of the next attempt, from 1
	HeaderMove    = "Journeyhook-Move"    // how often the step was moved
	HeaderDue     = "Journeyhook-Due"     // RFC 3339; when the lane alone does not say
	HeaderReached = "Journeyhook-Reached" // RFC 3339; when the step came, where it does not say when the tile was reached
	HeaderHold    = "Journeyhook-Hold"    // see [Hold]
	HeaderDoubted = "Journeyhook-Doubted" // RFC 3339; since when something else may have come of the step
	HeaderSubject = "Journeyhook-Subject" // where a dead letter came from
	HeaderError   = "Journeyhook-Error"   // why it is dead, at most 256 bytes
)

// Progress is how far a step has come. It travels in the message's headers, so that a crash neither
// uses nor resets an attempt (C4).
type Progress struct {
	Attempt int       // the number of the next attempt, from 1
	Move    int       // moves so far
	Due     time.Time // not before; zero when the lane says it
	Reached time.Time // when the step came; zero when the step itself says when the tile was reached
	Hold    Hold      // of who moved it last; zero when nobody did
	Doubted time.Time // since when another worker may have had it, too; zero when none had
}

// ReadProgress reads the headers; a step that was never moved is at its first attempt.
func ReadProgress(header map[string][]string) Progress {
	p := Progress{Attempt: max(number(header, HeaderAttempt), 1), Move: number(header, HeaderMove)}
	p.Due, p.Reached = readMoment(header, HeaderDue), readMoment(header, HeaderReached)
	p.Hold, p.Doubted = readHold(header), readMoment(header, HeaderDoubted)
	return p
}

// MovedHeader reports whether Write may set a header.
func MovedHeader(name string) bool {
	switch name {
	case HeaderAttempt, HeaderMove, HeaderDue, HeaderReached, HeaderHold, HeaderDoubted:
		return true
	}
	return false
}

// Write sets the headers for the step's next place.
func (p Progress) Write(header map[string][]string) {
	header[HeaderAttempt] = []string{strconv.Itoa(p.Attempt)}
	header[HeaderMove] = []string{strconv.Itoa(p.Move)}
	writeMoment(header, HeaderDue, p.Due)
	writeMoment(header, HeaderReached, p.Reached)
	writeMoment(header, HeaderDoubted, p.Doubted)
	p.Hold.Write(header)
}

func writeMoment(header map[string][]string, name string, at time.Time) {
	delete(header, name)
	if !at.IsZero() {
		header[name] = []string{at.UTC().Format(time.RFC3339Nano)}
	}
}

// Date gives a step that does not say when its user reached the tile the time at which it came, so that a retry
// renders the same. Stored is when the message with this progress was stored.
func (p *Progress) Date(s *Step, stored time.Time) {
	if !s.ReachedAt.IsZero() {
		return
	}
	if p.Reached.IsZero() {
		p.Reached = stored
	}
	s.ReachedAt = p.Reached
}

func readMoment(header map[string][]string, name string) (at time.Time) {
	if v := header[name]; len(v) > 0 {
		at, _ = time.Parse(time.RFC3339Nano, v[0])
	}
	return at
}

func number(header map[string][]string, name string) int {
	v := header[name]
	if len(v) == 0 {
		return 0
	}
	n, err := strconv.Atoi(v[0])
	if err != nil || n < 0 {
		return 0
	}
	return n
}
