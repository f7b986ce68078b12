package jsontext

import "unicode/utf16"

// Unpaired returns where the first escaped half of a surrogate pair without its other half stands in JSON text, -1 if none
// does. Such an escape is JSON but no character, so that no UTF-8 can be written for it.
func Unpaired[T Text](s T) int {
	for i := 0; i+1 < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		size := max(escapeSize(s, i), 2)
		if size == 6 && utf16.IsSurrogate(unit(s, i)) {
			if escapeSize(s, i+6) != 6 || utf16.DecodeRune(unit(s, i), unit(s, i+6)) == '\uFFFD' {
				return i
			}
			size = 12
		}
		i += size - 1
	}
	return -1
}

// unit is the UTF-16 code unit of the escape \uXXXX at s[i].
func unit[T Text](s T, i int) (r rune) {
	for _, c := range []byte(s[i+2 : i+6]) {
		if c > '9' {
			c = c&^0x20 - 'A' + 10 + '0'
		}
		r = r<<4 | rune(c-'0')
	}
	return r
}
