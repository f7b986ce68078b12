package handlebars

import (
	"strconv"
	"unicode/utf8"
)

// appendText appends what a value looks like in text: numbers as JavaScript prints them,
// arrays joined with commas, objects and what contains them as JSON, null as nothing. What is
// read costs steps: a long number, or a list of spaces, may print as next to nothing.
func (x *exec) appendText(dst []byte, v value) []byte {
	if !x.step(len(v.text) / 256) {
		return dst
	}
	switch v.kind {
	case text, boolean:
		return append(dst, v.text...)
	case number:
		return appendNumber(dst, v.text)
	case array:
		if x.hasObject(v) {
			return x.appendJSON(dst, v)
		}
		return x.appendList(dst, v)
	case object:
		return x.appendJSON(dst, v)
	}
	return dst
}

// appendList is appendText for an array that has no object in it, at any depth.
func (x *exec) appendList(dst []byte, v value) []byte {
	for i, m := range x.data.members(v) {
		if i > 0 {
			dst = append(dst, ',')
		}
		if m.value.kind == array {
			dst = x.appendList(dst, m.value)
		} else {
			dst = x.appendText(dst, m.value)
		}
	}
	return dst
}

func (x *exec) hasObject(v value) bool {
	members := x.data.members(v)
	if !x.step((len(members) + 15) / 16) {
		return false
	}
	for _, m := range members {
		if m.value.kind == object || m.value.kind == array && x.hasObject(m.value) {
			return true
		}
	}
	return false
}

// appendJSON appends a value as compact JSON, numbers digit for digit. It costs steps as
// appendText does.
func (x *exec) appendJSON(dst []byte, v value) []byte {
	if !x.step(len(v.text) / 256) {
		return dst
	}
	switch v.kind {
	case missing, null:
		return append(dst, "null"...)
	case boolean, number:
		return append(dst, v.text...)
	case text:
		if v.flags&isJSON != 0 {
			return append(dst, v.text...)
		}
		dst = append(dst, '"')
		dst = appendEscaped(dst, v.text)
		return append(dst, '"')
	}
	if v.text != "" {
		return appendCompact(dst, v.text)
	}
	return x.appendMembers(dst, v, (*exec).appendJSON)
}

// appendJSONText appends JSON text, of the keys that stand in it twice only the last. The
// pieces it is taken apart into are forgotten again.
func (x *exec) appendJSONText(dst []byte, s string) []byte {
	x.data.arena, x.pieces = x.pieces, x.data.arena
	dst = x.appendUnique(dst, x.data.decode(s))
	x.data.arena.reset()
	x.data.arena, x.pieces = x.pieces, x.data.arena
	return dst
}

// appendUnique is appendJSON for a value that must have every key once, at any depth.
func (x *exec) appendUnique(dst []byte, v value) []byte {
	if v.inner == nil {
		return x.appendJSON(dst, v)
	}
	return x.appendMembers(dst, v, (*exec).appendUnique)
}

// appendMembers writes an array or object with its members one by one.
func (x *exec) appendMembers(dst []byte, v value, appendOne func(*exec, []byte, value) []byte) []byte {
	opening, closing := byte('['), byte(']')
	if v.kind == object {
		opening, closing = '{', '}'
	}
	dst = append(dst, opening)
	members := x.data.members(v)
	if !x.step(len(members) / 16) {
		return dst
	}
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		if v.kind == object {
			dst = append(dst, '"')
			dst = appendEscaped(dst, m.key)
			dst = append(dst, '"', ':')
		}
		dst = appendOne(x, dst, m.value)
	}
	return append(dst, closing)
}

// textOf is appendText as a string. It costs steps in proportion to its length, so that a
// loop can't be made to copy a large value many times. What is no UTF-8 can't be worked with.
func (x *exec) textOf(v value) string {
	s := v.text
	if v.kind != text && v.kind != boolean {
		x.scratch = x.appendText(x.scratch[:0], v)
		s = string(x.scratch)
	}
	if x.step(len(s)/256) && !utf8.ValidString(s) {
		x.fail(errHalfPair)
	}
	return s
}

// number reads a number, or a text that is one.
func (x *exec) number(v value) (string, bool) {
	if v.kind != number && v.kind != text || !x.step(len(v.text)/256) {
		return "", false
	}
	switch v.kind {
	case number:
		return v.text, true
	case text:
		if end, err := skipNumberText(v.text); err == nil && end == len(v.text) {
			return v.text, true
		}
	}
	return "", false
}

func skipNumberText(s string) (int, error) {
	if s == "" || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return 0, strconv.ErrSyntax
	}
	return skipNumber(s, 0)
}
