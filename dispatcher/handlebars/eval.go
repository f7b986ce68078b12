package handlebars

// eval computes an expression. Where the result is missing or null, x.blame names the
// reference that made it so.
func (x *exec) eval(e *expr) value {
	var v value
	switch e.kind {
	case exprLiteral:
		v = e.value
	case exprField:
		v = x.field(e)
	case exprContext:
		v = x.relative(e)
	case exprRoot:
		v = x.walk(x.data.root, e.segments)
	case exprVariable:
		v = x.variable(e)
	case exprFact:
		v = e.fact(x.data)
	case exprSlot:
		v = x.walk(x.slots[e.slot], e.segments)
	case exprCall:
		return x.call(e)
	}
	if v.kind <= null {
		x.blame = e.name
	}
	return v
}

// field looks a name up: what was assigned to it, then the contexts from inside out.
func (x *exec) field(e *expr) value {
	if e.slot > 0 && x.slots[e.slot].kind != missing {
		return x.walk(x.slots[e.slot], e.segments[1:])
	}
	for i := len(x.context) - 1; i > 0; i-- {
		if v := x.member(x.context[i], e.segments[0]); v.kind != missing {
			return x.walk(v, e.segments[1:])
		}
	}
	d := x.data
	if n := len(d.profile.list) + len(d.event.list); n > 512 && !x.step(n/512) {
		return nothing
	}
	if e.side != noSide && d.root.flags&isRoot != 0 {
		if len(e.segments) > 1 {
			return x.walk(d.of(e.side, e.segments[1], markOf(e.segments[1])), e.segments[2:])
		}
		return d.whole(e.side)
	}
	v := d.plain(e.segments[0], e.mark)
	if v.kind == missing && e.helper != nil {
		return e.helper.run(x, e, nil)
	}
	return x.walk(v, e.segments[1:])
}

// relative resolves this, ./a and ../a, which look nowhere else.
func (x *exec) relative(e *expr) value {
	at := len(x.context) - 1 - e.up
	if at < 0 {
		return nothing
	}
	return x.walk(x.context[at], e.segments)
}

func (x *exec) walk(v value, segments []string) value {
	for _, name := range segments {
		if v = x.member(v, name); v.kind == missing {
			return nothing
		}
	}
	return v
}

// member is one step of a path; large objects and texts cost more than one step.
func (x *exec) member(v value, name string) value {
	if v.kind == text && (name == "length" || name < ":") && !x.step(1+len(v.text)/256) {
		return nothing
	}
	if v.kind == object && v.inner != nil && len(v.inner.members) > 64 && !x.step(len(v.inner.members)/64) {
		return nothing
	}
	return x.data.member(v, name)
}

func (x *exec) variable(e *expr) value {
	at := len(x.loops) - 1 - e.up
	if at < 0 {
		return nothing
	}
	l := &x.loops[at]
	switch e.value.text {
	case "index":
		return intValue(l.index)
	case "key":
		return l.position()
	case "first":
		return boolValue(l.index == 0)
	}
	return boolValue(l.index == l.count-1)
}

// call runs a helper. One whose argument is missing, with a name or without, is itself missing,
// and null for null, unless it is there for that.
func (x *exec) call(e *expr) value {
	if !x.step(1) {
		return nothing
	}
	from := len(x.args)
	absent := value{kind: array}
	blame := ""
	for _, a := range e.inputs {
		v := x.eval(a)
		if v.kind < absent.kind && v.kind <= null {
			absent, blame = v, x.blame
		}
		x.args = append(x.args, v)
	}
	outer, named := x.options, from+len(e.args)
	v := absent
	if e.helper.lenient || absent.kind > null {
		x.options = x.args[named:]
		v = e.helper.run(x, e, x.args[from:named:named])
		x.options = outer
	} else {
		x.blame = blame
	}
	if v.kind == text && len(v.text) > maxBody {
		v = x.broken(e, "the result is larger than 1 MiB")
	}
	clear(x.args[from:])
	x.args = x.args[:from]
	if x.err != nil {
		return nothing
	}
	return v
}

// option is the value of a named argument; it is missing where there is none.
func (x *exec) option(e *expr, name string) value {
	for i := range e.named {
		switch a := &e.named[i]; {
		case a.name != name:
		case e.helper.lenient:
			return x.eval(a.expr)
		default:
			return x.options[i]
		}
	}
	return nothing
}
