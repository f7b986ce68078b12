package webhooks

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
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
	switch node.(type) {
	case *ast.BoolNode:
		return "true or false; what is text stands in quotes"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	}
	return kindOf(node)
}
