package handlebars

import "strconv"

// appendText appends what a value looks like in text: numbers as JavaScript prints them,
// arrays joined with commas, objects and what contains them as JSON, null as nothing.
func (x *exec) appendText(dst []byte, v value) []byte {
	switch v.kind {
	case text, boolean:
		return append(dst, v.text...)
	case number:
		return appendNumber(dst, v.text)
	case array:
		if x.hasObject(v) {
			return x.appendJSON(dst, v)
		}
		for i, m := range x.data.members(v) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = x.appendText(dst, m.value)
		}
	case object:
		return x.appendJSON(dst, v)
	}
	return dst
}

func (x *exec) hasObject(v value) bool {
	members := x.data.members(v)
	if !x.step(len(members) / 16) {
		return false
	}
	for _, m := range members {
		if m.value.kind == object || m.value.kind == array && x.hasObject(m.value) {
			return true
		}
	}
	return false
}

// appendJSON appends a value as compact JSON, numbers digit for digit.
func (x *exec) appendJSON(dst []byte, v value) []byte {
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
	for i, m := range x.data.members(v) {
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
// loop can't be made to copy a large value many times.
func (x *exec) textOf(v value) string {
	if v.kind == text || v.kind == boolean {
		x.step(len(v.text) / 256)
		return v.text
	}
	x.scratch = x.appendText(x.scratch[:0], v)
	x.step(len(x.scratch) / 256)
	return string(x.scratch)
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
