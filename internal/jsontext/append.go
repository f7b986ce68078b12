package jsontext

import (
	"strconv"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// AppendString appends s as a JSON string. Bytes that are no UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			if plain[c] {
				continue
			}
			dst = append(dst, s[done:i-1]...)
			dst = appendEscape(dst, c)
			done = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[done:i]...)
			dst = append(dst, "\uFFFD"...)
			done = i + 1
		}
		i += size
	}
	return append(append(dst, s[done:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// Writer appends the members of one object, each with a key that needs no escaping.
type Writer struct{ Out []byte }

// Key begins a member, whose value is to be appended to Out.
func (w *Writer) Key(key string) {
	if len(w.Out) == 0 || w.Out[len(w.Out)-1] == '{' {
		w.Out = append(w.Out, '"')
	} else {
		w.Out = append(w.Out, ',', '"')
	}
	w.Out = append(append(w.Out, key...), '"', ':')
}

// Text adds a string.
func (w *Writer) Text(key, value string) {
	w.Key(key)
	w.Out = AppendString(w.Out, value)
}

// Int adds a whole number.
func (w *Writer) Int(key string, value int64) {
	w.Key(key)
	w.Out = strconv.AppendInt(w.Out, value, 10)
}

// Float adds a number.
func (w *Writer) Float(key string, value float64) {
	w.Key(key)
	w.Out = strconv.AppendFloat(w.Out, value, 'f', -1, 64)
}
