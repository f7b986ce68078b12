package handlebars

import (
	"strings"
)

// compiler turns the tokens of one template into nodes.
type compiler struct {
	source  string
	place   Place
	options Options
	tokens  []token
	i       int
	depth   int
	encode  int // how many urlEncode blocks are open
	scopes  []binding
	slots   int
	dynamic bool
	fields  map[string]bool

	patterns int // the size of all compiled patterns, in instructions
}

// binding is a name that a block parameter or an assign gave to a slot.
type binding struct {
	name     string
	slot     int
	assigned bool
}

func (c *compiler) compile() (*Template, error) {
	if len(c.source) > maxSource {
		return nil, c.fault(0, "the template is larger than %d KiB", maxSource>>10)
	}
	if i := strings.Index(strings.ToValidUTF8(c.source, "\xff"), "\xff"); i >= 0 {
		return nil, c.fault(i, "the template is not UTF-8 here; save it as UTF-8")
	}
	s := scanner{source: c.source}
	if err := s.scan(); err != nil {
		return nil, err
	}
	strip(c.source, s.tokens)
	c.tokens = s.tokens
	nodes, end, err := c.body()
	if err != nil {
		return nil, err
	}
	if end != nil {
		return nil, c.stray(end)
	}
	t := &Template{source: c.source, place: c.place, options: c.options, slots: c.slots + 1, static: !c.dynamic, fields: sortedNames(c.fields)}
	switch c.place {
	case URL:
		nodes, err = c.prepareURL(nodes)
	case JSON:
		nodes, err = c.prepareJSON(nodes)
	}
	if err != nil {
		return nil, err
	}
	t.nodes = nodes
	return t, c.tryStatic(t)
}

// tryStatic renders a template without expressions once: what fails now would fail always.
func (c *compiler) tryStatic(t *Template) error {
	if !t.static {
		return nil
	}
	if _, _, err := t.Execute(nil, new(Data)); err != nil {
		return c.fault(0, "%s", err)
	}
	return nil
}

func (c *compiler) fault(at int, format string, args ...any) *SyntaxError {
	return syntaxError(c.source, at, format, args...)
}

// stray is the error for a closing tag or an else that no block is open for.
func (c *compiler) stray(t *token) *SyntaxError {
	if t.kind == tokElse {
		return c.fault(t.at, "{{else}} stands outside of a block")
	}
	return c.fault(t.at, "{{/%s}} closes no block", c.words(t))
}

func (c *compiler) words(t *token) string {
	return strings.TrimSpace(c.source[t.start:t.end])
}

// body compiles up to the tag that ends a body, which it returns, or to the end.
func (c *compiler) body() ([]node, *token, *SyntaxError) {
	var nodes []node
	for c.i < len(c.tokens) {
		t := &c.tokens[c.i]
		c.i++
		switch t.kind {
		case tokText:
			if t.start < t.end {
				nodes = append(nodes, c.text(t))
			}
		case tokPrint:
			n, err := c.print(t)
			if err != nil {
				return nil, nil, err
			}
			nodes = append(nodes, n)
		case tokOpen, tokInverse:
			more, err := c.block(t)
			if err != nil {
				return nil, nil, err
			}
			nodes = append(nodes, more...)
		case tokElse, tokClose:
			return nodes, t, nil
		}
	}
	return nodes, nil, nil
}

// text makes a node of fixed text. In URLs and JSON bodies what urlEncode does to it is up to
// their preparation, which has to read the text first.
func (c *compiler) text(t *token) node {
	s := c.source[t.start:t.end]
	n := node{kind: nodeText, at: t.start, text: s, blank: blankText(s), encoded: c.encode > 0}
	if n.encoded && (c.place == Form || c.place == Header) {
		n.text = string(appendPercent(nil, s))
	}
	return n
}

func (c *compiler) print(t *token) (node, *SyntaxError) {
	c.dynamic = true
	terms, err := lex(c.source, t.start, t.end)
	if err != nil {
		return node{}, err
	}
	if len(terms) > 0 && terms[len(terms)-1].kind == termParams {
		return node{}, c.fault(terms[len(terms)-1].at, "only blocks can name their parameters with as |…|")
	}
	call, err := parseCall(c.source, t.at, terms)
	if err != nil {
		return node{}, err
	}
	e, err := c.statement(call)
	if err != nil {
		return node{}, err
	}
	n := node{kind: nodePrint, at: t.at, expr: e, raw: t.raw, encoded: c.encode > 0}
	if e.kind == exprCall && e.helper.use == usedAlone {
		n.kind = nodeDo
	}
	return n, nil
}
