package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Flags of a traceparent that its version 00 knows.
const (
	TraceSampled = 1
	traceRandom  = 2 // the id is a random one
)

// The names of the three headers, as a step's message may have them in any letter case (C53).
const (
	headerTraceparent = "traceparent"
	headerTracestate  = "tracestate"
	headerBaggage     = "baggage"
)

// ReadTrace reads the trace headers of the step's message, in any letter case: the stock carrier of OpenTelemetry writes
// them capitalised. A traceparent that is missing, or no valid one, is made from the step's key, so that it is the
// same for all attempts of the step; it is not sampled (C53).
func (s *Step) ReadTrace(header map[string][]string) {
	_, parents := lookUp(header, headerTraceparent)
	s.Traceparent, s.Tracestate = "", ""
	if len(parents) == 1 {
		s.Traceparent = strings.TrimSpace(parents[0])
	}
	if _, ok := SplitTraceparent(s.Traceparent); ok {
		_, states := lookUp(header, headerTracestate)
		s.Tracestate = joined(states, longestTracestate)
	} else {
		s.Traceparent = DerivedTraceparent(s.Key())
	}
	_, baggage := lookUp(header, headerBaggage)
	s.Baggage = joined(baggage, longestBaggage)
}

// WriteTrace sets the trace headers of a message that comes of the step, in the letter case that those of its own message have.
func (s *Step) WriteTrace(header, own map[string][]string) {
	set := func(name, value string) {
		if value == "" {
			return
		}
		if as, _ := lookUp(own, name); as != "" {
			name = as
		}
		header[name] = []string{value}
	}
	set(headerTraceparent, s.Traceparent)
	set(headerTracestate, s.Tracestate)
	set(headerBaggage, s.Baggage)
}

// lookUp finds a header in any letter case, and how it is written. Of several that differ in that only, the small one counts.
func lookUp(header map[string][]string, name string) (as string, values []string) {
	if values, ok := header[name]; ok {
		return name, values
	}
	for other, of := range header {
		if len(other) == len(name) && strings.EqualFold(other, name) && (as == "" || other > as) {
			as, values = other, of
		}
	}
	return as, values
}

// How long a header may be to be carried on, in bytes; W3C asks for 512 and 8192 at least.
const (
	longestTracestate = 2 << 10
	longestBaggage    = 8 << 10
)

// joined are the values of a list header as one; "" where they could stand in no header of a call.
func joined(values []string, longest int) string {
	all := strings.Trim(strings.Join(values, ","), " \t,")
	if len(all) > longest || strings.ContainsFunc(all, func(r rune) bool { return r != '\t' && (r < ' ' || r > '~') }) {
		return ""
	}
	return all
}

// Traceparent is a traceparent header taken apart.
type Traceparent struct {
	TraceID, SpanID string // 32 and 16 of 0-9 a-f
	Flags           byte   // those that version 00 knows
}

// SplitTraceparent takes a traceparent header apart; ok is false where it is no valid one. Of a later version than 00 it reads
// what that has in common with it.
func SplitTraceparent(v string) (t Traceparent, ok bool) {
	const dash1, dash2, dash3, end = 2, 35, 52, 55
	if len(v) < end || v[dash1] != '-' || v[dash2] != '-' || v[dash3] != '-' {
		return t, false
	}
	version, flags := v[:dash1], v[dash3+1:end]
	t.TraceID, t.SpanID = v[dash1+1:dash2], v[dash2+1:dash3]
	if len(v) > end && (version == "00" || v[end] != '-') || version == "ff" {
		return t, false
	}
	for _, part := range []string{version, t.TraceID, t.SpanID, flags} {
		if strings.Trim(part, "0123456789abcdef") != "" {
			return t, false
		}
	}
	if strings.Trim(t.TraceID, "0") == "" || strings.Trim(t.SpanID, "0") == "" {
		return t, false
	}
	bits, _ := hex.DecodeString(flags) // they are two digits
	t.Flags = bits[0] & (TraceSampled | traceRandom)
	return t, true
}

// Append appends the header, of version 00.
func (t Traceparent) Append(dst []byte) []byte {
	dst = slices.Grow(dst, len("00-")+len(t.TraceID)+1+len(t.SpanID)+len("-00"))
	dst = append(append(dst, "00-"...), t.TraceID...)
	dst = append(append(dst, '-'), t.SpanID...)
	return hex.AppendEncode(append(dst, '-'), []byte{t.Flags})
}

// DerivedTraceparent is the traceparent of a step that came with none: always the same one for the same key.
func DerivedTraceparent(stepKey string) string {
	sum := sha256.Sum256([]byte("journeyhook trace " + stepKey))
	return string(Traceparent{TraceID: hex.EncodeToString(sum[:16]), SpanID: hex.EncodeToString(sum[16:24])}.Append(nil))
}
