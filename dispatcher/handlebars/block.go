package handlebars

import (
	"slices"
)

// block compiles the block that the tag t opens. It makes one node, except that urlEncode
// only marks what is inside it.
func (c *compiler) block(t *token) ([]node, *SyntaxError) {
	c.dynamic = true
	if c.depth++; c.depth > maxNesting {
		return nil, c.fault(t.at, "blocks are nested deeper than %d levels", maxNesting)
	}
	defer func() { c.depth-- }()
	n, head, err := c.opening(t)
	if err != nil {
		return nil, err
	}
	if n.name == "urlEncode" && n.expr == nil {
		return c.encodeBlock(t, head)
	}
	if err := c.bodies(&n, t, t, head); err != nil {
		return nil, err
	}
	return []node{n}, nil
}

// opening compiles the expression of an opening tag or of {{else if …}}.
func (c *compiler) opening(t *token) (n node, head string, err *SyntaxError) {
	terms, err := lex(c.source, t.start, t.end)
	if err != nil {
		return n, "", err
	}
	var names []string
	if last := len(terms) - 1; last > 0 && terms[last].kind == termParams {
		names, terms = terms[last].names, terms[:last]
	}
	call, err := parseCall(c.source, t.at, terms)
	if err != nil {
		return n, "", err
	}
	n, err = c.blockNode(call)
	if err != nil {
		return n, "", err
	}
	n.at = t.at
	for i, name := range names {
		c.slots++
		n.slots[i] = c.slots
		c.scopes = append(c.scopes, binding{name: name, slot: c.slots})
	}
	return n, call.head.source, nil
}

// bodies compiles both parts of a block or of an {{else if …}}, whose tag is t. opened is
// the tag of the block to be closed.
func (c *compiler) bodies(n *node, t, opened *token, head string) *SyntaxError {
	body, end, err := c.inner(n)
	if err != nil {
		return err
	}
	c.unbind(n.slots)
	var other []node
	if end != nil && end.kind == tokElse {
		if n.kind == nodeCapture {
			return c.fault(end.at, "{{#%s}} takes no {{else}}", head)
		}
		if other, end, err = c.otherwise(end, opened, head); err != nil {
			return err
		}
	}
	if t.kind == tokInverse {
		body, other = other, body
	}
	n.body, n.other = body, other
	if t == opened || end == nil {
		return c.closed(opened, end, head)
	}
	c.i-- // the closing tag belongs to the block that the chain started with
	return nil
}

// inner compiles the first part of a block; what assign keeps is plain text.
func (c *compiler) inner(n *node) ([]node, *token, *SyntaxError) {
	if n.kind == nodeCapture {
		place, encode := c.place, c.encode
		c.place, c.encode = Form, 0
		defer func() { c.place, c.encode = place, encode }()
	}
	return c.body()
}

// unbind forgets block parameters; what was assigned inside the block stays known.
func (c *compiler) unbind(slots [2]int) {
	c.scopes = slices.DeleteFunc(c.scopes, func(b binding) bool { return slices.Contains(slots[:], b.slot) })
}

// otherwise compiles what follows an {{else}} or {{else if …}}.
func (c *compiler) otherwise(t, opened *token, head string) ([]node, *token, *SyntaxError) {
	if c.words(t) == "" {
		body, end, err := c.body()
		if err == nil && end != nil && end.kind == tokElse {
			err = c.fault(end.at, "{{#%s}} has an {{else}} already", head)
		}
		return body, end, err
	}
	n, _, err := c.opening(t)
	if err != nil {
		return nil, nil, err
	}
	if n.name == "urlEncode" && n.expr == nil || n.kind == nodeCapture {
		return nil, nil, c.fault(t.at, "%s can't follow else", n.name)
	}
	if err := c.bodies(&n, t, opened, head); err != nil {
		return nil, nil, err
	}
	end := &c.tokens[c.i]
	c.i++
	return []node{n}, end, nil
}

// closed checks that end closes the block that t opened.
func (c *compiler) closed(t, end *token, head string) *SyntaxError {
	if end == nil {
		return c.fault(t.at, "{{#%s}} is not closed: {{/%s}} is missing", head, head)
	}
	if name := c.words(end); name != head {
		return c.fault(end.at, "{{/%s}} can't close {{#%s}}: write {{/%s}} before it", name, head, head)
	}
	return nil
}

// encodeBlock compiles {{#urlEncode}}…{{/urlEncode}}.
func (c *compiler) encodeBlock(t *token, head string) ([]node, *SyntaxError) {
	if t.kind != tokOpen {
		return nil, c.fault(t.at, "urlEncode has no inverse")
	}
	c.encode++
	nodes, end, err := c.body()
	c.encode--
	if err != nil {
		return nil, err
	}
	if end != nil && end.kind == tokElse {
		return nil, c.fault(end.at, "{{#urlEncode}} takes no {{else}}")
	}
	return nodes, c.closed(t, end, head)
}
