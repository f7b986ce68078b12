package handlebars

import (
	"slices"
	"strings"
)

// statement compiles the expression of {{…}}. A name alone is always a field, even one that
// a helper has too; {{now}} is the helper unless there is such a field.
func (c *compiler) statement(call *call) (*expr, *SyntaxError) {
	if len(call.args) > 0 || len(call.named) > 0 {
		return c.call(call)
	}
	e, err := c.path(fieldTerm(call.head))
	if err != nil {
		return nil, err
	}
	if h := helpers[e.name]; h != nil && h.clock && e.kind == exprField {
		e.helper = h
	}
	return e, nil
}

// fieldTerm makes {{"first name"}}, {{12}} and {{true}} the fields of these names.
func fieldTerm(t term) term {
	if t.kind == termPath {
		return t
	}
	name := t.source
	if t.kind == termText {
		name = t.text
	}
	return term{kind: termPath, at: t.at, source: t.source, segments: []string{name}}
}

// blockNode compiles the expression of {{#…}}.
func (c *compiler) blockNode(call *call) (node, *SyntaxError) {
	name := call.head.source
	h := helpers[name]
	if h == nil || call.head.kind != termPath || len(call.args)+len(call.named) == 0 && !h.only {
		if len(call.args)+len(call.named) > 0 {
			return node{}, c.unknown(call.head)
		}
		e, err := c.path(fieldTerm(call.head))
		return node{kind: nodeSection, expr: e, block: &block{name: name}}, err
	}
	if h.block == blockNone {
		return node{}, c.fault(call.head.at, "%s can't be used as a block: write {{%s …}}", name, name)
	}
	if h.block == blockEncode && len(call.args) == 0 {
		return node{block: &block{name: name}}, nil
	}
	if h.block == blockAssign && len(call.args) != 1 {
		return node{}, c.fault(call.head.at, "{{#assign}} takes just the name: what is inside is the value")
	}
	n := node{kind: h.block.node(), block: &block{name: name}}
	var err *SyntaxError
	if h.block.tests() {
		err = c.test(&n, h, call)
	} else {
		n.expr, err = c.bind(call, h)
	}
	return n, err
}

// test compiles the blocks that look at one value: if, unless, each, with.
func (c *compiler) test(n *node, h *helper, call *call) (err *SyntaxError) {
	if len(call.args) != 1 {
		return c.fault(call.head.at, "{{#%s}} takes exactly one argument; put a comparison in parentheses: {{#%s (eq a b)}}", n.name, n.name)
	}
	for _, a := range call.named {
		if a.name.text != "includeZero" || h.block > blockUnless {
			return c.fault(a.name.at, "{{#%s}} has no argument %s", n.name, a.name.text)
		}
		if a.term.kind != termWord {
			return c.fault(a.name.at, "includeZero is true or false")
		}
		n.zero = a.term.text == "true"
	}
	n.unless = h.block == blockUnless
	n.expr, err = c.argument(call.args[0])
	return err
}

func (c *compiler) unknown(t term) *SyntaxError {
	return c.fault(t.at, "unknown helper %s", t.source)
}

// call compiles a helper with its arguments.
func (c *compiler) call(call *call) (*expr, *SyntaxError) {
	h := helpers[call.head.source]
	if h == nil || call.head.kind != termPath {
		return nil, c.unknown(call.head)
	}
	if h.run == nil {
		return nil, c.fault(call.head.at, "%s is a block: write {{#%s …}}…{{/%s}}", call.head.source, call.head.source, call.head.source)
	}
	if h.block == blockAssign && len(call.args) != 2 {
		return nil, c.fault(call.head.at, "assign takes a name and a value, or is a block: {{#assign \"name\"}}…{{/assign}}")
	}
	return c.bind(call, h)
}

func (c *compiler) bind(call *call, h *helper) (*expr, *SyntaxError) {
	name := call.head.source
	if n := len(call.args); n < h.min || n > h.max {
		return nil, c.fault(call.head.at, "%s takes %s: {{%s}}", name, h.arity(), h.usage)
	}
	e := &expr{kind: exprCall, name: name, helper: h}
	for _, a := range call.args {
		arg, err := c.argument(a)
		if err != nil {
			return nil, err
		}
		e.args = append(e.args, arg)
	}
	e.inputs = e.args
	for _, a := range call.named {
		if !slices.Contains(h.named, a.name.text) {
			return nil, c.fault(a.name.at, "%s has no argument %s: {{%s}}", name, a.name.text, h.usage)
		}
		arg, err := c.argument(a)
		if err != nil {
			return nil, err
		}
		e.named = append(e.named, namedExpr{a.name.text, arg})
		if !h.lenient {
			e.inputs = append(e.inputs, arg)
		}
	}
	if h.prepare != nil {
		if message := h.prepare(c, e); message != "" {
			return nil, c.fault(call.head.at, "%s", message)
		}
	}
	return e, nil
}

func (c *compiler) argument(a argument) (*expr, *SyntaxError) {
	if a.call != nil {
		return c.call(a.call)
	}
	switch t := a.term; t.kind {
	case termText:
		return &expr{value: textValue(t.text), name: t.source}, nil
	case termNumber:
		return &expr{value: value{kind: number, flags: isWritten, text: t.text}, name: t.source}, nil
	case termWord:
		switch t.text {
		case "null":
			return &expr{value: nullValue, name: t.source}, nil
		case "undefined":
			return &expr{name: t.source}, nil
		}
		return &expr{value: value{kind: boolean, flags: isWritten, text: t.text}, name: t.source}, nil
	}
	return c.path(a.term)
}

// path compiles a reference.
func (c *compiler) path(t term) (*expr, *SyntaxError) {
	e := &expr{kind: exprField, name: t.source, segments: t.segments, up: t.up}
	if t.data {
		return c.variable(e, t)
	}
	if t.scoped {
		e.kind = exprContext
		if len(e.segments) > 0 {
			c.fields[e.segments[0]] = true
		}
		return e, nil
	}
	first := e.segments[0]
	for _, b := range slices.Backward(c.scopes) {
		if b.name != first {
			continue
		}
		if e.slot = b.slot; !b.assigned {
			e.kind, e.segments = exprSlot, e.segments[1:]
			return e, nil
		}
		break
	}
	if e.side = sideNamed(first); e.side != noSide && len(e.segments) > 1 {
		c.fields[e.segments[1]] = true
	} else {
		c.fields[first] = true
	}
	e.mark = markOf(first)
	return e, nil
}

// variable compiles @root, @index, @key, @first and @last, and those of the step.
func (c *compiler) variable(e *expr, t term) (*expr, *SyntaxError) {
	name := strings.Join(e.segments, ".")
	if len(e.segments) > 0 && e.segments[0] == "root" && e.up == 0 {
		e.kind, e.segments = exprRoot, e.segments[1:]
		if len(e.segments) > 0 {
			c.fields[e.segments[0]] = true
		}
		return e, nil
	}
	switch name {
	case "index", "key", "first", "last":
		e.kind, e.value = exprVariable, textValue(name)
		return e, nil
	}
	if fact := facts[name]; fact != nil && e.up == 0 {
		e.kind, e.fact = exprFact, fact
		return e, nil
	}
	return nil, c.fault(t.at, "unknown variable %s", t.source)
}
