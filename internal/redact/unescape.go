package redact

import (
	"bytes"
	"html"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// unescaped is a text as it was before it was encoded, once or several times over: JSON's \/ and \u00fc,
// percent-encoding, + for a space, and HTML's &amp; and &#39; are undone. Encoders differ in what they
// escape and how; what they mean is the same.
type unescaped struct {
	text []byte
	from []int32 // where in the encoded text each byte came from, and last the encoded text's length
}

// maxUnescapes is how often a text is taken to be encoded.
const maxUnescapes = 4

// escapes are the bytes that escapes begin with.
const escapes = `\%&`

func unescape(encoded string) unescaped {
	u := unescaped{[]byte(encoded), make([]int32, len(encoded)+1)}
	for i := range u.from {
		u.from[i] = int32(i)
	}
	for range maxUnescapes {
		if !u.again() {
			break
		}
	}
	for i, c := range u.text {
		if c == '+' {
			u.text[i] = ' '
		}
	}
	return u
}

// again undoes one layer and reports whether there was any.
func (u *unescaped) again() bool {
	if !bytes.ContainsAny(u.text, escapes) {
		return false
	}
	text, from := make([]byte, 0, len(u.text)), make([]int32, 0, len(u.from))
	for i := 0; i < len(u.text); {
		if c := u.text[i]; c != '\\' && c != '%' && c != '&' {
			text, from = append(text, c), append(from, u.from[i])
			i++
			continue
		}
		before, size := len(text), 0
		text, size = appendUnescaped(text, u.text[i:])
		for range text[before:] {
			from = append(from, u.from[i])
		}
		i += size
	}
	changed := !bytes.Equal(text, u.text)
	u.text, u.from = text, append(from, u.from[len(u.text)])
	return changed
}

// span is where in the encoded text a part came from. A part that ends inside of what one escape stands for
// takes in the whole escape.
func (u *unescaped) span(start, end int) (int, int) {
	for end < len(u.text) && u.from[end] == u.from[end-1] {
		end++
	}
	return int(u.from[start]), int(u.from[end])
}

// dropOpenEscape drops an escape that the text's end may have cut in two.
func (u *unescaped) dropOpenEscape() {
	const longest = len(`\ud83d\ude00`) - 1
	tail := max(0, len(u.text)-longest)
	if at := bytes.IndexAny(u.text[tail:], escapes); at >= 0 {
		u.text = u.text[:tail+at]
	}
}

// appendUnescaped appends what s begins with, and says how many bytes of s that is.
func appendUnescaped(dst, s []byte) ([]byte, int) {
	switch {
	case s[0] == '\\' && len(s) > 1:
		return appendUnescapedJSON(dst, s)
	case s[0] == '%' && len(s) > 2:
		if c, err := strconv.ParseUint(string(s[1:3]), 16, 8); err == nil {
			return append(dst, byte(c)), 3
		}
	case s[0] == '&':
		const longest = len("&#x1f600;")
		if end := bytes.IndexByte(s[:min(len(s), longest)], ';'); end > 0 {
			if meant := html.UnescapeString(string(s[:end+1])); meant != string(s[:end+1]) {
				return append(dst, meant...), end + 1
			}
		}
	}
	return append(dst, s[0]), 1
}

func appendUnescapedJSON(dst, s []byte) ([]byte, int) {
	switch s[1] {
	case '"', '\\', '/', '\'':
		return append(dst, s[1]), 2
	case 'b':
		return append(dst, '\b'), 2
	case 'f':
		return append(dst, '\f'), 2
	case 'n':
		return append(dst, '\n'), 2
	case 'r':
		return append(dst, '\r'), 2
	case 't':
		return append(dst, '\t'), 2
	case 'u':
		r, ok := codeUnit(s)
		if ok && !utf16.IsSurrogate(r) {
			return utf8.AppendRune(dst, r), 6
		}
		if low, also := codeUnit(s[min(len(s), 6):]); ok && also {
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				return utf8.AppendRune(dst, r), 12
			}
		}
	}
	return append(dst, s[0]), 1
}

// codeUnit reads a \u and four hexadecimal digits.
func codeUnit(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return rune(n), err == nil
}
