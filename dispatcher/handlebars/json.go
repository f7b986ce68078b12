package handlebars

import (
	"errors"
	"fmt"
	"strings"
)

var errDepth = fmt.Errorf("JSON is nested deeper than %d levels", maxDepth)

var errNotObject = errors.New("JSON that is not an object")

// jsonFault says where JSON text stops being JSON.
type jsonFault int

func (at jsonFault) Error() string { return fmt.Sprintf("invalid JSON at byte %d", int(at)) }

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
