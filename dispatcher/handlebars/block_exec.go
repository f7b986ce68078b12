package handlebars

// runBlock executes a block, or an expression that prints nothing.
func (x *exec) runBlock(n *node) {
	if n.kind == nodeCapture {
		x.capture(n)
		return
	}
	v := x.eval(n.expr)
	if x.err != nil {
		return
	}
	switch n.kind {
	case nodeIf:
		if (x.truthy(v) || n.zero && v.kind == number) != n.unless {
			x.run(n.body)
		} else {
			x.run(n.other)
		}
	case nodeEach:
		x.each(n, v)
	case nodeWith:
		x.with(n, v, v.kind == number || x.truthy(v))
	case nodeSection:
		switch {
		case v.kind == array:
			x.each(n, v)
		case v.kind == boolean && v.text == "true":
			x.run(n.body)
		default:
			x.with(n, v, x.truthy(v))
		}
	}
}

func (x *exec) with(n *node, v value, enter bool) {
	if !enter {
		x.run(n.other)
		return
	}
	x.slots[n.slots[0]] = v
	if top := x.context[len(x.context)-1]; n.expr.isThis() || v.inner != nil && v.inner == top.inner {
		x.run(n.body) // over the context it stands in: no level more for ../ to climb
		return
	}
	x.context = append(x.context, v)
	x.run(n.body)
	x.context[len(x.context)-1] = nothing
	x.context = x.context[:len(x.context)-1]
}

func (x *exec) each(n *node, v value) {
	members := x.data.members(v)
	if len(members) == 0 {
		x.run(n.other)
		return
	}
	x.context = append(x.context, nothing)
	x.loops = append(x.loops, loop{count: len(members), keyed: v.kind == object})
	context, here := len(x.context)-1, len(x.loops)-1
	for i := range members {
		if !x.step(1) {
			break
		}
		x.context[context] = members[i].value
		x.loops[here].index, x.loops[here].key = i, members[i].key
		x.slots[n.slots[0]] = members[i].value
		if n.slots[1] > 0 {
			x.slots[n.slots[1]] = x.loops[here].position()
		}
		x.run(n.body)
	}
	x.context[context], x.loops[here] = nothing, loop{}
	x.context, x.loops = x.context[:context], x.loops[:here]
}

// position is the @key of the element a loop is at.
func (l *loop) position() value {
	if l.keyed {
		return textValue(l.key)
	}
	return intValue(l.index)
}

// capture keeps what a body renders as text, under the name that {{#assign "name"}} gives. What
// was percent-encoded all through is not encoded again where it is printed (B6).
func (x *exec) capture(n *node) {
	place, out, base, limit, around := x.place, x.out, x.base, x.limit, x.slot
	x.place, x.out, x.base, x.limit, x.slot = Form, nil, 0, maxBody, slot{}
	x.run(n.body)
	captured := textValue(string(x.out))
	if x.slot.absent() {
		captured = nothing
	} else if !x.slot.plain {
		captured.flags = isEncoded
	}
	x.step(len(captured.text) / 256)
	x.place, x.out, x.base, x.limit, x.slot = place, out, base, limit, around
	x.slots[n.expr.slot] = captured
}
