package webhooks

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// resolve follows anchors and aliases inside a document.
func (d *document) resolve(node ast.Node) (ast.Node, error) {
	switch n := node.(type) {
	case *ast.AnchorNode:
		if d.anchors == nil {
			d.anchors = map[string]ast.Node{}
		}
		d.anchors[n.Name.GetToken().Value] = n.Value
		return n.Value, nil
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		value, ok := d.anchors[name]
		if !ok {
			return nil, fmt.Errorf("there is no anchor named %s before it", name)
		}
		return value, nil
	}
	return node, nil
}

// scalarText is a scalar as it was written, whatever YAML would make of it.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// isQuoted tells text in quotes from what the parser merely takes for text, as it does with the number 1e3.
func isQuoted(node ast.Node) bool {
	n, ok := node.(*ast.StringNode)
	return ok && (n.GetToken().Type == token.DoubleQuoteType || n.GetToken().Type == token.SingleQuoteType)
}

var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// isNumber reports whether a scalar is written as a number of JSON.
func isNumber(text string) bool { return number.MatchString(text) }

// replaced reports whether the parser put U+FFFD in the place of half a surrogate pair, or of what lies beyond Unicode,
// in a document that writes no U+FFFD itself (C51).
func (d *document) replaced(node ast.Node) bool {
	n, ok := node.(*ast.StringNode)
	return ok && !d.writesFFFD && strings.Contains(n.Value, "\uFFFD")
}

func writesFFFD(text []byte) bool {
	return bytes.Contains(text, []byte("\uFFFD")) || bytes.Contains(bytes.ToLower(text), []byte("fffd"))
}

func keyText(key ast.MapKeyNode) string {
	if text, ok := scalarText(key); ok {
		return text
	}
	return key.GetToken().Value
}

func kindOf(node ast.Node) string {
	switch node.(type) {
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "fields"
	case *ast.TagNode:
		return "a value with a tag"
	}
	return "text"
}

// scalarKind is kindOf for a place where the type of a scalar counts.
func scalarKind(node ast.Node) string {
	if text, ok := scalarText(node); ok && isNumber(text) && !isQuoted(node) {
		return "a number"
	}
	switch node.(type) {
	case *ast.BoolNode:
		return "true or false; what is text stands in quotes"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	}
	return kindOf(node)
}
