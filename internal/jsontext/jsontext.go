// Package jsontext checks JSON text and finds its parts without decoding them.
//
// Every function takes where something starts and returns where it ends, so that one pass over a message
// both checks it and finds the few parts that anyone asks for.
package jsontext

import (
	"errors"
	"fmt"
)

// Text is JSON as it was received.
type Text interface{ ~string | ~[]byte }

// Fault is the byte, counted from 0, at which the text stops being JSON.
type Fault int

func (at Fault) Error() string { return fmt.Sprintf("invalid JSON at byte %d", int(at)) }

// ErrDepth says that arrays and objects are nested deeper than was allowed.
var ErrDepth = errors.New("JSON is nested too deep")

// Space returns where the white space at s[i] ends.
func Space[T Text](s T, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// Value checks the value that starts at s[i]; arrays and objects may nest so many levels deep.
func Value[T Text](s T, i, levels int) (end int, err error) {
	if i >= len(s) {
		return i, Fault(i)
	}
	switch c := s[i]; {
	case c == '"':
		return String(s, i)
	case c == '{' || c == '[':
		return container(s, i, levels)
	case c == '-' || c >= '0' && c <= '9':
		return Number(s, i)
	case c == 't':
		return word(s, i, "true")
	case c == 'f':
		return word(s, i, "false")
	case c == 'n':
		return word(s, i, "null")
	}
	return i, Fault(i)
}

// Members checks the object that starts at s[i]. For each member it calls f with where its key starts, which
// is a JSON string, where that ends, and where its value starts; f checks the value and returns where that
// ends.
func Members[T Text](s T, i int, f func(key, keyEnd, value int) (end int, err error)) (end int, err error) {
	if i >= len(s) || s[i] != '{' {
		return i, Fault(i)
	}
	if i = Space(s, i+1); i < len(s) && s[i] == '}' {
		return i + 1, nil
	}
	for {
		key := i
		keyEnd, value, err := Key(s, i)
		if err != nil {
			return keyEnd, err
		}
		if i, err = f(key, keyEnd, value); err != nil {
			return i, err
		}
		more := false
		if i, more, err = next(s, i, '}'); err != nil || !more {
			return i, err
		}
	}
}

// Key checks the key at s[i] and its colon.
func Key[T Text](s T, i int) (keyEnd, value int, err error) {
	if i >= len(s) || s[i] != '"' {
		return i, i, Fault(i)
	}
	if keyEnd, err = String(s, i); err != nil {
		return keyEnd, keyEnd, err
	}
	if i = Space(s, keyEnd); i >= len(s) || s[i] != ':' {
		return i, i, Fault(i)
	}
	return keyEnd, Space(s, i+1), nil
}

// End checks that only white space follows.
func End[T Text](s T, i int) error {
	if i = Space(s, i); i < len(s) {
		return Fault(i)
	}
	return nil
}

// next goes from the end of an element to the start of the following one, or behind the closing bracket.
func next[T Text](s T, i int, closing byte) (at int, more bool, err error) {
	i = Space(s, i)
	switch {
	case i < len(s) && s[i] == ',':
		return Space(s, i+1), true, nil
	case i < len(s) && s[i] == closing:
		return i + 1, false, nil
	}
	return i, false, Fault(i)
}

func container[T Text](s T, i, levels int) (int, error) {
	if levels == 0 {
		return i, ErrDepth
	}
	keyed, closing := s[i] == '{', s[i]+2 // in ASCII each closing bracket is two after its opening one
	if i = Space(s, i+1); i < len(s) && s[i] == closing {
		return i + 1, nil
	}
	for more := true; more; {
		var err error
		if keyed {
			if _, i, err = Key(s, i); err != nil {
				return i, err
			}
		}
		if i, err = Value(s, i, levels-1); err != nil {
			return i, err
		}
		if i, more, err = next(s, i, closing); err != nil {
			return i, err
		}
	}
	return i, nil
}

func word[T Text](s T, i int, want string) (int, error) {
	if len(s)-i < len(want) || string(s[i:i+len(want)]) != want {
		return i, Fault(i)
	}
	return i + len(want), nil
}
