package dispatcher

import (
	"math/rand/v2"
	"strings"
)

// childTraceparent is the header for a call: the same trace with a span of our own, or a new trace
// where none (or none readable) came in (W3C Trace Context, version 00).
func childTraceparent(parent string) string {
	raw := make([]byte, 0, len("00-")+32+len("-")+16+len("-01"))
	raw = append(raw, "00-"...)
	trace, flags := traceOf(parent)
	if trace == "" {
		raw, flags = appendRandom(appendRandom(raw)), "01"
	} else {
		raw = append(raw, trace...)
	}
	raw = appendRandom(append(raw, '-'))
	return string(append(append(raw, '-'), flags...))
}

// traceOf is the trace id and the flags of a readable header.
func traceOf(parent string) (trace, flags string) {
	const dash1, dash2, dash3, end = 2, 35, 52, 55
	if len(parent) < end || parent[dash1] != '-' || parent[dash2] != '-' || parent[dash3] != '-' || len(parent) > end && parent[end] != '-' {
		return "", ""
	}
	version, trace, span, flags := parent[:dash1], parent[dash1+1:dash2], parent[dash2+1:dash3], parent[dash3+1:end]
	if version == "ff" || !lowerHex(version) || !lowerHex(trace) || !lowerHex(span) || !lowerHex(flags) {
		return "", ""
	}
	if strings.Trim(trace, "0") == "" || strings.Trim(span, "0") == "" {
		return "", ""
	}
	return trace, flags
}

func lowerHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}

// appendRandom appends 8 bytes in hex, which need to be unlikely to repeat and not all zero, not hard to
// guess.
func appendRandom(dst []byte) []byte {
	n := rand.Uint64() | 1
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[n>>shift&15])
	}
	return dst
}
