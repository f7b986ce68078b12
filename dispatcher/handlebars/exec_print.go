package handlebars

import "unicode"

func (x *exec) writeText(n *node) {
	if x.place == URL {
		x.writeURLText(n)
		return
	}
	x.slot.solid = x.slot.solid || !n.blank
	x.slot.plain = x.slot.plain || !n.encoded
	x.out = append(x.out, n.text...)
	x.withinLimit()
}

// print writes the value of an expression into its place.
func (x *exec) print(n *node) {
	v := x.eval(n.expr)
	if x.err != nil {
		return
	}
	if x.place == JSON && !n.quoted {
		x.writeJSONValue(n, v)
		return
	}
	if v.kind <= null {
		x.noteMissing()
		return
	}
	x.slot.solid = true
	switch {
	case x.place == URL:
		x.writeURLValue(n, v)
	case n.encoded && v.flags&isEncoded == 0:
		x.out = appendPercent(x.out, x.textOf(v))
	case x.place == JSON && n.alone && v.flags&isWritten != 0 && x.json.state == inText:
		x.out = append(x.out[:x.json.start], v.text...)
		x.json.bare = true
	case x.place == JSON:
		x.out = x.appendQuoted(x.out, v)
	default:
		x.slot.plain = x.slot.plain || v.flags&isEncoded == 0
		x.out = x.appendText(x.out, v)
	}
}

// appendQuoted appends a value as text inside a JSON string.
func (x *exec) appendQuoted(dst []byte, v value) []byte {
	if v.kind == text {
		return appendEscaped(dst, v.text)
	}
	if v.kind == number || v.kind == boolean {
		return x.appendText(dst, v)
	}
	return appendEscaped(dst, x.textOf(v))
}

// noteMissing records that a printed reference, the one blamed, came out as nothing.
func (x *exec) noteMissing() {
	x.slot.missing = true
	if x.place == URL {
		x.missingInURL()
	}
	if !x.collect {
		return
	}
	for _, name := range x.missing {
		if name == x.blame {
			return
		}
	}
	x.missing = append(x.missing, x.blame)
}

// blankText reports whether s is nothing but white space.
func blankText(s string) bool {
	for _, r := range s {
		if !unicode.IsSpace(r) {
			return false
		}
	}
	return true
}
