package dispatcher

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
)

// childTraceparent is the header for a call: the same trace with a span of our own, or a new trace
// where none (or none readable) came in (W3C Trace Context, version 00).
func childTraceparent(parent string) string {
	trace, flags := traceOf(parent)
	if trace == "" {
		trace, flags = randomHex(16), "01"
	}
	return "00-" + trace + "-" + randomHex(8) + "-" + flags
}

func traceOf(parent string) (trace, flags string) {
	parts := strings.Split(parent, "-")
	if len(parts) < 4 || len(parts[0]) != 2 || parts[0] == "ff" || len(parts[1]) != 32 || len(parts[2]) != 16 || len(parts[3]) != 2 {
		return "", ""
	}
	for _, p := range parts[:4] {
		if !lowerHex(p) {
			return "", ""
		}
	}
	if strings.Trim(parts[1], "0") == "" || strings.Trim(parts[2], "0") == "" {
		return "", ""
	}
	return parts[1], parts[3]
}

func lowerHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}

// randomHex needs to be unlikely to repeat, not hard to guess.
func randomHex(bytes int) string {
	raw := make([]byte, 0, 16)
	for len(raw) < bytes {
		n := rand.Uint64() | 1
		for range 8 {
			raw = append(raw, byte(n))
			n >>= 8
		}
	}
	return hex.EncodeToString(raw[:bytes])
}
