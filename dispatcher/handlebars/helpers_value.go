package handlebars

var valueHelpers = map[string]*helper{
	"lookup": {usage: "lookup x key", min: 2, max: 2, lenient: true, run: func(x *exec, e *expr, args []value) value {
		v := nothing
		if args[0].kind > null && args[1].kind > null {
			v = x.member(args[0], x.textOf(args[1]))
		}
		if v.kind <= null {
			x.blame = e.label(0) + "." + e.label(1)
		}
		return v
	}},
	"defaultIfEmpty": {usage: "defaultIfEmpty x other …", min: 2, max: many, lenient: true, run: func(x *exec, e *expr, args []value) value {
		last := len(args) - 1
		for _, v := range args[:last] {
			if x.truthy(v) {
				return v
			}
		}
		if args[last].kind <= null {
			x.blame = e.label(last)
		}
		return args[last]
	}},
	"toJson": {usage: "toJson x", min: 1, max: 1, run: func(x *exec, _ *expr, args []value) value {
		x.scratch = x.appendJSON(x.scratch[:0], args[0])
		x.step(len(x.scratch) / 256)
		return value{kind: text, flags: isJSON, text: string(x.scratch)}
	}},
	"urlEncode": {usage: "urlEncode x", min: 1, max: 1, only: true, block: blockEncode, run: func(x *exec, _ *expr, args []value) value {
		return value{kind: text, flags: isEncoded, text: string(appendPercent(nil, x.textOf(args[0])))}
	}},
	"assign": {usage: "assign \"name\" x", min: 1, max: 2, lenient: true, use: usedAlone, block: blockAssign, prepare: prepareAssign, run: func(x *exec, e *expr, args []value) value {
		x.slots[e.slot] = args[1]
		return nothing
	}},
	"skip": {usage: "skip \"reason\"", min: 1, max: 1, lenient: true, use: usedAlone, run: func(x *exec, e *expr, args []value) value {
		reason := "" // only what the author wrote out: data must not get into messages
		if e.args[0].kind == exprLiteral {
			reason = x.textOf(args[0])
		}
		x.fail(&SkipError{Reason: reason})
		return nothing
	}},
}

// prepareAssign gives the assigned name a slot. From here on the name means the slot, as
// long as something was assigned to it.
func prepareAssign(c *compiler, e *expr) string {
	if e.args[0].kind != exprLiteral || e.args[0].value.kind != text {
		return "assign needs a name written out in quotes"
	}
	name := e.args[0].value.text
	for _, b := range c.scopes {
		if b.name == name && b.assigned {
			e.slot = b.slot
			return ""
		}
	}
	c.slots++
	e.slot = c.slots
	c.scopes = append(c.scopes, binding{name: name, slot: e.slot, assigned: true})
	return ""
}
