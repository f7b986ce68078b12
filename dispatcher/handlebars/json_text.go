package handlebars

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// plain marks the bytes that stand for themselves inside a JSON string.
var plain = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= 0x20 && c != '"' && c != '\\'
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

// unquote decodes a valid JSON string. What can't be written as UTF-8 becomes U+FFFD.
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
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

// repair returns JSON text in which every byte that is no UTF-8 and every escaped half of a
// surrogate pair is U+FFFD. Text that needs no repair comes back as it is.
func repair(s string) string {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	if !strings.Contains(s, `\ud`) && !strings.Contains(s, `\uD`) {
		return s
	}
	out := []byte(s)
	for i := 0; i+6 <= len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		r, ok := hex4(s[i:])
		if !ok {
			i++ // another escape: its second byte starts none
			continue
		}
		low, pair := hex4(s[i+6:])
		switch {
		case r>>10 == 0xD800>>10 && pair && low>>10 == 0xDC00>>10:
			i += 6
		case r>>11 == 0xD800>>11:
			copy(out[i:], `\ufffd`)
		}
		i += 5
	}
	return string(out)
}

const hexDigits = "0123456789abcdef"

// appendEscaped appends s as it stands inside a JSON string, without the quotes.
func appendEscaped(dst []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); i++ {
		if plain[s[i]] {
			continue
		}
		dst = append(dst, s[done:i]...)
		done = i + 1
		c := s[i]
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
