package handlebars

import (
	"slices"
	"strings"
)

// jsonPreparer turns the text of a JSON body into tokens, and knows for every tag whether
// it stands inside a string.
type jsonPreparer struct {
	c        *compiler
	inString bool
	piece    node // the text being cut up
	out      []node
}

// prepareJSON makes the nodes of a JSON body and checks that they can form JSON.
func (c *compiler) prepareJSON(nodes []node) ([]node, *SyntaxError) {
	p := jsonPreparer{c: c}
	nodes, err := p.nodes(nodes)
	if err != nil {
		return nil, err
	}
	if p.inString {
		return nil, c.fault(len(c.source), "JSON string is not closed")
	}
	if err := c.checkJSON(nodes); err != nil {
		return nil, err
	}
	if err := c.markKnown(nodes); err != nil {
		return nil, err
	}
	return fuseJSON(nodes), nil
}

func (p *jsonPreparer) nodes(nodes []node) ([]node, *SyntaxError) {
	outer := p.out
	p.out = nil
	for i := range nodes {
		n := nodes[i]
		var err *SyntaxError
		switch n.kind {
		case nodeText:
			p.piece = n
			err = p.text()
		case nodePrint:
			n.quoted = p.inString
			if n.encoded && !n.quoted {
				err = p.c.fault(n.at, "put quotes around {{#urlEncode}}: what it makes is text")
			}
			p.out = append(p.out, n)
		case nodeDo, nodeCapture:
			p.out = append(p.out, n)
		default:
			if err = p.block(&n); err == nil {
				p.out = append(p.out, n)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	made := p.out
	p.out = outer
	markAlone(made)
	return made, nil
}

// markAlone finds the expressions that have a JSON string to themselves.
func markAlone(nodes []node) {
	for i := 1; i+1 < len(nodes); i++ {
		before, n, behind := &nodes[i-1], &nodes[i], &nodes[i+1]
		n.alone = n.kind == nodePrint && !n.encoded && before.kind == nodeJSON && before.token == jsonStringStart &&
			behind.kind == nodeJSON && behind.token == jsonStringEnd
	}
}

// block prepares both parts of a block; they must agree on whether a string is open.
func (p *jsonPreparer) block(n *node) (err *SyntaxError) {
	before := p.inString
	if n.body, err = p.nodes(n.body); err != nil {
		return err
	}
	afterBody := p.inString
	p.inString = before
	if n.other, err = p.nodes(n.other); err != nil {
		return err
	}
	loops := n.kind == nodeEach || n.kind == nodeSection
	switch {
	case afterBody != p.inString && n.other != nil:
		return p.c.fault(n.at, "the two branches of this block leave a JSON string open in one and closed in the other")
	case afterBody != p.inString || loops && afterBody != before:
		return p.c.fault(n.at, "a JSON string that is opened or closed inside this block must be closed or opened there too")
	}
	return nil
}

// text cuts one run of text into tokens.
func (p *jsonPreparer) text() *SyntaxError {
	s := p.piece.text
	for i := 0; i < len(s); {
		var err *SyntaxError
		if p.inString {
			i, err = p.inside(i)
		} else {
			i, err = p.outside(i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *jsonPreparer) fault(i int, format string, args ...any) *SyntaxError {
	return p.c.fault(p.piece.at+i, format, args...)
}

func (p *jsonPreparer) emit(i int, token jsonToken, s string) {
	p.out = append(p.out, node{kind: nodeJSON, at: p.piece.at + i, token: token, text: s, blank: blankText(s)})
}

// inside reads text in a string up to its closing quote or the end of the run.
func (p *jsonPreparer) inside(start int) (int, *SyntaxError) {
	s, i := p.piece.text, start
	for i < len(s) && s[i] != '"' {
		if s[i] != '\\' {
			i++
			continue
		}
		size := escapeSize(s[i:])
		if size == 0 {
			return 0, p.badEscape(i)
		}
		i += size
	}
	if i > start {
		content := p.content(s[start:i])
		if p.piece.encoded {
			content = string(appendPercent(nil, unescape(s[start:i])))
		}
		p.emit(start, jsonStringText, content)
	}
	if i == len(s) {
		return i, nil
	}
	if p.piece.encoded {
		return 0, p.fault(i, "this quote ends the JSON string inside {{#urlEncode}}")
	}
	p.inString = false
	p.emit(i, jsonStringEnd, "")
	return i + 1, nil
}

func (p *jsonPreparer) badEscape(i int) *SyntaxError {
	if i+1 == len(p.piece.text) {
		return p.fault(i, `a backslash before an expression: write \\\ for one backslash of text`)
	}
	return p.fault(i, `%s is no escape in JSON: write \\ for a backslash`, p.piece.text[i:i+1]+firstRune(p.piece.text[i+1:]))
}

// content is the inside of a JSON string in the one form that data is written in too, so
// that equal keys are equal bytes.
func (p *jsonPreparer) content(raw string) string {
	return string(appendEscaped(nil, unescape(raw)))
}

var jsonMarks = map[byte]jsonToken{
	'{': jsonOpenObject, '}': jsonCloseObject, '[': jsonOpenArray, ']': jsonCloseArray, ',': jsonComma, ':': jsonColon,
}

// outside reads the next token outside of strings.
func (p *jsonPreparer) outside(i int) (int, *SyntaxError) {
	s := p.piece.text
	if isSpace(s[i]) {
		return i + 1, nil
	}
	if p.piece.encoded {
		return 0, p.fault(i, "put quotes around {{#urlEncode}}: what it makes is text")
	}
	if token, ok := jsonMarks[s[i]]; ok {
		p.emit(i, token, s[i:i+1])
		return i + 1, nil
	}
	if s[i] == '"' {
		return p.quoted(i)
	}
	end := i
	for end < len(s) && !isSpace(s[end]) && !strings.ContainsRune(`{}[],:"`, rune(s[end])) {
		end++
	}
	if stop, err := skipValue(s, i, 0); err != nil || stop != end {
		return 0, p.fault(i, "the body can't be JSON here: %s is no value; text needs quotes", s[i:end])
	}
	p.emit(i, jsonScalar, s[i:end])
	return end, nil
}

// quoted reads a string that starts at i: a whole one is one token, together with the colon
// behind it if it is a key.
func (p *jsonPreparer) quoted(i int) (int, *SyntaxError) {
	s, end := p.piece.text, i+1
	for end < len(s) && s[end] != '"' {
		if s[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(s) {
		p.inString = true
		p.emit(i, jsonStringStart, "")
		return i + 1, nil
	}
	inner := len(p.out)
	p.inString = true
	if _, err := p.inside(i + 1); err != nil {
		return 0, err
	}
	content := ""
	if p.out[inner].token == jsonStringText {
		content = p.out[inner].text
	}
	p.out = slices.Delete(p.out, inner, len(p.out))
	if colon := skipSpace(s, end+1); colon < len(s) && s[colon] == ':' {
		p.emit(i, jsonKey, `"`+content+`":`)
		return colon + 1, nil
	}
	p.emit(i, jsonString, `"`+content+`"`)
	return end + 1, nil
}
