package handlebars

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

var errDepth = fmt.Errorf("JSON is nested deeper than %d levels", maxDepth)

var errNotObject = errors.New("JSON that is not an object")

// jsonFault says where JSON text stops being JSON.
type jsonFault int

func (at jsonFault) Error() string { return fmt.Sprintf("invalid JSON at byte %d", int(at)) }

// plain marks the bytes that stand for themselves inside a JSON string.
var plain = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return table
}()

func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// skipValue checks the JSON value that starts at s[i] and returns where it ends.
func skipValue(s string, i, depth int) (int, error) {
	if i >= len(s) {
		return i, jsonFault(i)
	}
	switch c := s[i]; {
	case c == '"':
		return skipString(s, i)
	case c == '{' || c == '[':
		return skipContainer(s, i, depth+1)
	case c == '-' || c >= '0' && c <= '9':
		return skipNumber(s, i)
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(s[i:], word) {
			return i + len(word), nil
		}
	}
	return i, jsonFault(i)
}

func skipContainer(s string, i, depth int) (int, error) {
	if depth > maxDepth {
		return i, errDepth
	}
	keyed, end := s[i] == '{', s[i]+2 // in ASCII each closing bracket is two after its opening one
	i = skipSpace(s, i+1)
	if i < len(s) && s[i] == end {
		return i + 1, nil
	}
	for {
		var err error
		if keyed {
			if i, err = skipKey(s, i); err != nil {
				return i, err
			}
		}
		if i, err = skipValue(s, i, depth); err != nil {
			return i, err
		}
		i = skipSpace(s, i)
		switch {
		case i < len(s) && s[i] == ',':
			i = skipSpace(s, i+1)
		case i < len(s) && s[i] == end:
			return i + 1, nil
		default:
			return i, jsonFault(i)
		}
	}
}

// skipKey checks a key and its colon and returns where the value starts.
func skipKey(s string, i int) (int, error) {
	if i >= len(s) || s[i] != '"' {
		return i, jsonFault(i)
	}
	i, err := skipString(s, i)
	if err != nil {
		return i, err
	}
	if i = skipSpace(s, i); i >= len(s) || s[i] != ':' {
		return i, jsonFault(i)
	}
	return skipSpace(s, i+1), nil
}

func skipString(s string, i int) (int, error) {
	for i++; i < len(s); i++ {
		if plain[s[i]] {
			continue
		}
		switch s[i] {
		case '"':
			return i + 1, nil
		case '\\':
			size := escapeSize(s[i:])
			if size == 0 {
				return i, jsonFault(i)
			}
			i += size - 1
		default:
			return i, jsonFault(i)
		}
	}
	return i, jsonFault(i)
}

// escapeSize is the length of the escape sequence s starts with, 0 if it is none.
func escapeSize(s string) int {
	if len(s) < 2 {
		return 0
	}
	if strings.IndexByte(`"\/bfnrt`, s[1]) >= 0 {
		return 2
	}
	if _, ok := hex4(s); ok {
		return 6
	}
	return 0
}

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

func skipNumber(s string, i int) (int, error) {
	digits := func() bool {
		start := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > start
	}
	if s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return i, jsonFault(i)
	}
	if i < len(s) && s[i] == '.' {
		if i++; !digits() {
			return i, jsonFault(i)
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return i, jsonFault(i)
		}
	}
	return i, nil
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
