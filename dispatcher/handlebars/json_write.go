package handlebars

import (
	"strings"
)

// jsonWriter is where the JSON text being written stands.
type jsonWriter struct {
	state  jsonState
	in     int // the index of the innermost open bracket in jsonSteps
	frames []jsonFrame
	keys   []span
	start  int  // of the string being written
	bare   bool // the string being written turned out to be a number, true or false
}

// jsonFrame is an open array or object.
type jsonFrame struct {
	open    byte
	known   bool // no two keys can be equal
	dropped bool // the member being written is left out
	count   int
	member  int // where the member being written starts, with its comma
	keys    int // where its keys start among all
	seen    map[string]struct{}
}

type span struct{ from, to int }

func (w *jsonWriter) reset() {
	clear(w.frames)
	*w = jsonWriter{frames: w.frames[:0], keys: w.keys[:0]}
}

func (w *jsonWriter) top() *jsonFrame {
	if len(w.frames) == 0 {
		return nil
	}
	return &w.frames[len(w.frames)-1]
}

// writeToken writes a fixed piece of the body. Brackets, colons and commas come only from
// here, never from data.
func (x *exec) writeToken(n *node) {
	w := &x.json
	f := w.top()
	state := w.state
	step := &jsonSteps[w.in][state][n.token]
	if !step.ok {
		x.badJSON(n)
		return
	}
	w.state = step.next
	switch n.token {
	case jsonOpenObject, jsonOpenArray:
		x.openJSON(n)
	case jsonCloseObject, jsonCloseArray:
		x.closeJSON(n, state)
	case jsonComma:
		if state == wantValue {
			x.dropMember(f)
		}
	case jsonColon:
		x.out = append(x.out, ':')
	case jsonKey, jsonString, jsonScalar:
		x.writeWhole(n, f, step.next)
	case jsonStringStart:
		x.startMember(f)
		x.startString()
	case jsonStringText:
		x.slot.solid = x.slot.solid || !n.blank
		x.out = append(x.out, n.text...)
	case jsonStringEnd:
		x.endString(f, state)
		if n.comma {
			x.commaBehind(n)
		}
	}
	x.withinLimit()
}

// commaBehind takes the comma that was joined to the end of a string.
func (x *exec) commaBehind(n *node) {
	step := &jsonSteps[x.json.in][x.json.state][jsonComma]
	if !step.ok {
		x.badJSON(n)
		return
	}
	x.json.state = step.next
}

// writeWhole writes a key with its colon, or a string or scalar without expressions, which
// next tells to be a key or a value.
func (x *exec) writeWhole(n *node, f *jsonFrame, next jsonState) {
	x.startMember(f)
	from := len(x.out)
	x.out = append(x.out, n.text...)
	switch {
	case n.token == jsonKey:
		x.newKey(f, from, len(x.out)-1)
		if n.opens {
			x.json.state = inText
			x.startString()
		}
	case next == wantColon:
		x.newKey(f, from, len(x.out))
	default:
		x.endMember(f)
	}
}

// badJSON fails where a condition or a loop made what is no JSON; n is nil at the end.
func (x *exec) badJSON(n *node) {
	at := len(x.t.source)
	if n != nil {
		at = n.at
	}
	x.fail(&RenderError{Message: syntaxError(x.t.source, at, "for this user the body is not JSON here: expected %s", jsonWants[x.json.state]).Error()})
}

func (x *exec) openJSON(n *node) {
	w := &x.json
	x.startMember(w.top())
	if len(w.frames) == maxDepth {
		x.tooDeep()
		return
	}
	w.frames = append(w.frames, jsonFrame{open: n.text[0], known: n.known, keys: len(w.keys)})
	w.in = bracketIndex(n.text[0])
	x.out = append(x.out, n.text...)
}

func (x *exec) tooDeep() {
	x.fail(&RenderError{Message: "for this user the body is nested deeper than 64 levels"})
}

func (x *exec) closeJSON(n *node, state jsonState) {
	w := &x.json
	f := w.top()
	if state == wantValue {
		x.dropMember(f)
	}
	w.keys = w.keys[:f.keys]
	f.seen = nil
	w.frames = w.frames[:len(w.frames)-1]
	x.out = append(x.out, n.text...)
	outer := w.top()
	if outer == nil {
		w.state, w.in = wantEnd, 0
	} else {
		w.in = bracketIndex(outer.open)
	}
	x.endMember(outer)
}

// writeJSONValue writes a value with its type. Text in {{{x}}} and of toJson is JSON itself.
func (x *exec) writeJSONValue(n *node, v value) {
	w := &x.json
	f := w.top()
	step := &jsonSteps[w.in][w.state][jsonValue]
	if !step.ok {
		x.badJSON(n)
		return
	}
	w.state = step.next
	x.startMember(f)
	if v.kind == missing {
		x.noteMissing()
		x.dropMember(f)
		return
	}
	from := len(x.out)
	if n.raw && v.kind == text && v.flags&isJSON == 0 {
		if !x.step(len(v.text) / 64) { // it is read several times
			return
		}
		s := strings.TrimSpace(v.text)
		if end, err := skipValue(s, 0, len(w.frames)); err != nil || end != len(s) {
			x.fail(&RenderError{Message: n.expr.name + " must be JSON where {{{…}}} stands outside of quotes"})
			return
		}
		x.out = x.appendJSONText(x.out, s)
	} else {
		x.out = x.appendJSON(x.out, v)
	}
	if (v.inner != nil || v.kind == text) && deeperThan(x.out[from:], maxDepth-len(w.frames)) {
		x.tooDeep()
	}
	x.endMember(f)
}

// endJSON checks that the body is whole. One that rendered to nothing is left to the caller.
func (x *exec) endJSON() {
	w := &x.json
	if len(w.frames) > 0 || w.state != wantEnd && w.state != wantValue {
		x.badJSON(nil)
	}
}
