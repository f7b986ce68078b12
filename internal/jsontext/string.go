package jsontext

// plain marks the bytes that stand for themselves inside a string.
var plain = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return table
}()

// String checks the string that starts at s[i], with its quotes. Bytes that are no UTF-8 are let through.
func String[T Text](s T, i int) (end int, err error) {
	for i++; i < len(s); i++ {
		if plain[s[i]] {
			continue
		}
		switch s[i] {
		case '"':
			return i + 1, nil
		case '\\':
			size := escapeSize(s, i)
			if size == 0 {
				return i, Fault(i)
			}
			i += size - 1
		default:
			return i, Fault(i)
		}
	}
	return i, Fault(i)
}

// escapeSize is the length of the escape sequence at s[i], 0 if it is none.
func escapeSize[T Text](s T, i int) int {
	if i+1 >= len(s) {
		return 0
	}
	switch s[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		for k := i + 2; k < i+6; k++ {
			if k >= len(s) || !isHex(s[k]) {
				return 0
			}
		}
		return 6
	}
	return 0
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// Number checks the number that starts at s[i].
func Number[T Text](s T, i int) (int, error) {
	if s[i] == '-' {
		i++
	}
	first := i
	if i = digits(s, i); i == first {
		return i, Fault(i)
	}
	if s[first] == '0' {
		i = first + 1
	}
	if i < len(s) && s[i] == '.' {
		from := i + 1
		if i = digits(s, from); i == from {
			return i, Fault(i)
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		from := i
		if i = digits(s, from); i == from {
			return i, Fault(i)
		}
	}
	return i, nil
}

func digits[T Text](s T, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}
