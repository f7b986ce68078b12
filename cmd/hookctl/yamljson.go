package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/journeyhook/journeyhook/schema"
)

// yamlJSON writes values of a YAML file as JSON: keys in their order, and numbers with the digits that stand there, as
// they would reach a worker (C16).
type yamlJSON struct {
	anchors map[string]ast.Node
}

// newYAMLJSON notes a file's anchors, which its aliases stand for.
func newYAMLJSON(data []byte) (*yamlJSON, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	y := &yamlJSON{anchors: map[string]ast.Node{}}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			ast.Walk(y, doc.Body)
		}
	}
	return y, nil
}

// Visit is for [ast.Walk].
func (y *yamlJSON) Visit(node ast.Node) ast.Visitor {
	if a, ok := node.(*ast.AnchorNode); ok {
		y.anchors[a.Name.GetToken().Value] = a.Value
	}
	return y
}

// write is a node as JSON. A node that is nothing is null.
func (y *yamlJSON) write(node ast.Node) (json.RawMessage, error) {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return json.RawMessage("null"), nil
	case *ast.AnchorNode:
		return y.write(n.Value)
	case *ast.AliasNode:
		return y.write(y.anchors[n.Value.GetToken().Value]) // the decoder has refused one that stands for nothing
	case ast.MapNode:
		var out []member
		if err := y.members(&out, n, false); err != nil {
			return nil, err
		}
		return joined(out), nil
	case *ast.SequenceNode:
		items := make([]string, len(n.Values))
		for i, value := range n.Values {
			item, err := y.write(value)
			if err != nil {
				return nil, err
			}
			items[i] = string(item)
		}
		return json.RawMessage("[" + strings.Join(items, ",") + "]"), nil
	case *ast.BoolNode:
		return schema.JSON(n.Value)
	case *ast.LiteralNode:
		return schema.JSON(n.Value.Value)
	case *ast.TagNode:
		if inner, ok := n.Value.(ast.ScalarNode); ok && n.GetToken().Value == "!!str" {
			return schema.JSON(inner.GetToken().Value)
		}
		return nil, refusal(node, "a tag like %s is not known here; quote what is text", n.GetToken().Value)
	}
	return scalar(node)
}

type member struct {
	name  string
	value json.RawMessage
}

// members adds those of an object, or of one that << merges into another.
func (y *yamlJSON) members(into *[]member, m ast.MapNode, merged bool) error {
	for it := m.MapRange(); it.Next(); {
		if it.Key().IsMergeKey() {
			if err := y.merge(into, it.Value()); err != nil {
				return err
			}
			continue
		}
		value, err := y.write(it.Value())
		if err != nil {
			return err
		}
		name := it.Key().GetToken().Value
		if text, ok := it.Key().(*ast.StringNode); ok {
			name = text.Value
		}
		known := -1
		for i := range *into {
			if (*into)[i].name == name {
				known = i
			}
		}
		switch {
		case known < 0:
			*into = append(*into, member{name, value})
		case !merged: // what is written beside << replaces what << brought, of which the first counts
			(*into)[known].value = value
		}
	}
	return nil
}

// merge adds what << names: an object, or a list of them.
func (y *yamlJSON) merge(into *[]member, node ast.Node) error {
	if alias, ok := node.(*ast.AliasNode); ok {
		node = y.anchors[alias.Value.GetToken().Value]
	}
	switch n := node.(type) {
	case ast.MapNode:
		return y.members(into, n, true)
	case *ast.SequenceNode:
		for _, value := range n.Values {
			if err := y.merge(into, value); err != nil {
				return err
			}
		}
		return nil
	}
	return refusal(node, "<< takes an object, or a list of objects")
}

func joined(all []member) json.RawMessage {
	var out strings.Builder
	out.WriteByte('{')
	for i, m := range all {
		if i > 0 {
			out.WriteByte(',')
		}
		name, _ := schema.JSON(m.name) // text always can be written
		out.Write(name)
		out.WriteByte(':')
		out.Write(m.value)
	}
	return json.RawMessage(out.String() + "}")
}

var (
	jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	yamlNumber = regexp.MustCompile(`^([-+]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))((?:[eE][-+]?[0-9]+)?)$`)
	yamlWhole  = regexp.MustCompile(`^[-+]?(0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|[1-9][0-9]*(_[0-9]+)+)$`)
)

// scalar is text, or a number where it is written without quotes and as YAML writes one.
func scalar(node ast.Node) (json.RawMessage, error) {
	text := node.GetToken().Value
	if n, ok := node.(*ast.StringNode); ok {
		if text = n.Value; n.GetToken().Type == token.SingleQuoteType || n.GetToken().Type == token.DoubleQuoteType {
			return schema.JSON(text)
		}
	}
	switch node.(type) {
	case *ast.InfinityNode, *ast.NanNode:
		return nil, refusal(node, "%s is no number in JSON; quote it if it is text", text)
	}
	if jsonNumber.MatchString(text) {
		return json.RawMessage(text), nil
	}
	if yamlWhole.MatchString(text) {
		if n, ok := new(big.Int).SetString(text, 0); ok {
			return json.RawMessage(n.String()), nil
		}
	}
	m := yamlNumber.FindStringSubmatch(text)
	if m == nil {
		return schema.JSON(text)
	}
	sign, whole, fraction, exponent := strings.TrimPrefix(m[1], "+"), m[2], m[3]+m[4], m[5]
	if len(whole) > 1 && whole[0] == '0' {
		return nil, refusal(node, "a number that begins with 0, like %s, is read as octal by some; write it without the 0, or quote it if it is text", text)
	}
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return json.RawMessage(sign + whole + fraction + exponent), nil
}

func refusal(node ast.Node, format string, args ...any) error {
	line := 0
	if node != nil && node.GetToken() != nil {
		line = node.GetToken().Position.Line
	}
	return fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...))
}
