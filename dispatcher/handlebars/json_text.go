package handlebars

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// plain marks the bytes that stand for themselves inside a JSON string; see [halfPair] for the one that may not.
var plain = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= 0x20 && c != '"' && c != '\\' && c != halfPair
	}
	return table
}()

// hex4 reads the code unit of an escape \uXXXX at the start of s.
func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// halfPair begins what stands in a text for an escaped half of a surrogate pair: the three bytes that UTF-8
// would have for it. They are no UTF-8, so that only JSON can carry the text on, as the escape they were (C51).
// Some other characters begin with the byte, too.
const halfPair = 0xED

func appendHalfPair(dst []byte, r rune) []byte {
	return append(dst, halfPair, 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
}

// isHalfPair reports whether s begins with one.
func isHalfPair(s string) bool { return len(s) >= 3 && s[0] == halfPair && s[1] >= 0xA0 }

// errHalfPair is the fault of a text that is wanted where no escape can stand.
var errHalfPair = &RenderError{Message: `a field has half of a surrogate pair, like \ud800, which is no character`}

// unquote decodes a valid JSON string.
func unquote(raw string) string {
	raw = raw[1 : len(raw)-1]
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	return unescape(raw)
}

// unescape decodes the inside of a valid JSON string.
func unescape(raw string) string {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		i++
		if at := strings.IndexByte(`"\/bfnrt`, raw[i]); at >= 0 {
			out = append(out, "\"\\/\b\f\n\r\t"[at])
			continue
		}
		r, _ := hex4(raw[i-1:])
		i += 4
		if low, ok := hex4(raw[min(i+1, len(raw)):]); ok && r>>10 == 0xD800>>10 && low>>10 == 0xDC00>>10 {
			r = 0x10000 + (r&0x3FF)<<10 + low&0x3FF
			i += 6
		}
		if r>>11 == 0xD800>>11 {
			out = appendHalfPair(out, r)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

const hexDigits = "0123456789abcdef"

// appendEscaped appends s as it stands inside a JSON string, without the quotes.
func appendEscaped(dst []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if plain[c] || c == halfPair && !isHalfPair(s[i:]) {
			continue
		}
		dst = append(dst, s[done:i]...)
		done = i + 1
		if c == halfPair {
			r := 0xD000 | uint16(s[i+1]&0x3F)<<6 | uint16(s[i+2]&0x3F)
			dst = append(dst, '\\', 'u', 'd', hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
			i, done = i+2, i+3
			continue
		}
		if at := strings.IndexByte("\"\\\b\f\n\r\t", c); at >= 0 {
			dst = append(dst, '\\', `"\bfnrt`[at])
			continue
		}
		dst = append(dst, `\u00`...)
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, s[done:]...)
}

// deeperThan reports whether valid JSON is nested deeper than so many levels.
func deeperThan(s []byte, levels int) bool {
	if bytes.Count(s, []byte("{"))+bytes.Count(s, []byte("[")) <= levels {
		return false
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth++; depth > levels {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// appendCompact appends valid JSON without insignificant white space.
func appendCompact(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		start := i
		for i < len(s) && s[i] > ' ' {
			if s[i] == '"' {
				for i++; s[i] != '"'; i++ {
					if s[i] == '\\' {
						i++
					}
				}
			}
			i++
		}
		dst = append(dst, s[start:i]...)
		for i < len(s) && s[i] <= ' ' {
			i++
		}
	}
	return dst
}
