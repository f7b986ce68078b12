package webhooks

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/journeyhook/journeyhook/schema"
)

// document reads one definition field by field, so that every fault gets its line, and text is taken as
// it was written: a token 0123 must not become the number 83.
type document struct {
	file   string
	json   bool            // as JSON its types are those of the JSON Schema; in YAML text needs no quotes
	offset int             // lines of the file before the document
	places map[string]spot // of the fields by path
	faults FileFaults

	writesFFFD bool // U+FFFD, in which case it is not the parser's

	unsaid []string // headers and pairs without a value

	anchors map[string]ast.Node
}

func (d *document) decode(node ast.Node) *schema.Webhook {
	d.places[""] = d.spotOf(node)
	w := New(destinationOf(node))
	d.fill(node, reflect.ValueOf(w).Elem(), "")
	w.Normalize()
	return w
}

// destinationOf looks ahead, since the destination decides on the defaults.
func destinationOf(node ast.Node) string {
	if m, ok := node.(ast.MapNode); ok {
		for it := m.MapRange(); it.Next(); {
			if keyText(it.Key()) == "destination" {
				text, _ := scalarText(it.Value())
				return text
			}
		}
	}
	return ""
}

// spot is a place in a file, both from 1.
type spot struct{ line, column int }

// at is where a path stands in the file, or the closest thing around it.
func (d *document) at(path string) spot {
	for {
		if n, ok := d.places[path]; ok || path == "" {
			return n
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

func (d *document) spotOf(node ast.Node) spot {
	if node == nil || node.GetToken() == nil {
		return spot{d.offset + 1, 1}
	}
	at := node.GetToken().Position
	return spot{d.offset + at.Line, at.Column}
}

func (d *document) add(path, format string, args ...any) {
	at := d.at(path)
	d.faults = append(d.faults, FileFault{File: d.file, Line: at.line, Column: at.column, Path: schema.Visible(path), Message: schema.Visible(fmt.Sprintf(format, args...))})
}

// fill sets into to what a node says. Null leaves the default; in a list, where there is none, it is refused, since
// a value that nobody wrote would be stored for it.
func (d *document) fill(node ast.Node, into reflect.Value, path string) {
	node, err := d.resolve(node)
	if err != nil {
		d.add(path, "%s", err)
		return
	}
	if _, null := node.(*ast.NullNode); null || node == nil {
		switch {
		case path == "":
			d.add("", "must hold a webhook's fields, like project, id and name")
		case strings.HasSuffix(path, "]"):
			d.add(path, "is null; write a value, or take this item out of the list")
		case strings.Contains(path, "["):
			d.add(path, "is null; write a value")
		}
		return
	}
	if d.replaced(node) {
		d.add(path, "has an escape, like \\ud800, that stands for no character")
		return
	}
	switch target := into.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		d.fillText(node, target.UnmarshalText, path)
		return
	case interface{ UnmarshalYAML([]byte) error }:
		d.fillText(node, target.UnmarshalYAML, path)
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		d.fillStruct(node, into, path)
	case reflect.Slice:
		d.fillSlice(node, into, path)
	default:
		d.fillScalar(node, into, path)
	}
}

func (d *document) fillText(node ast.Node, set func([]byte) error, path string) {
	text, ok := scalarText(node)
	status := strings.HasPrefix(path, "success[")
	if !ok || d.json && !isQuoted(node) && !(status && isNumber(text)) {
		d.add(path, "must be text, not %s", scalarKind(node))
		return
	}
	if n, whole := wholeNumber(text); status && whole && isNumber(text) && !isQuoted(node) {
		text = strconv.FormatInt(n, 10)
	}
	if err := set([]byte(text)); err != nil {
		d.add(path, "%s", err)
	}
}

func (d *document) fillStruct(node ast.Node, into reflect.Value, path string) {
	m, ok := node.(ast.MapNode)
	if !ok {
		d.add(path, "must hold fields, not %s", kindOf(node))
		return
	}
	fields, said := map[string]int{}, map[string]bool{}
	for i := range into.NumField() {
		name, _, _ := strings.Cut(into.Type().Field(i).Tag.Get("yaml"), ",")
		if name != "" && name != "-" {
			fields[name] = i
		}
	}
	for it := m.MapRange(); it.Next(); {
		key := keyText(it.Key())
		sub := strings.TrimPrefix(path+"."+key, ".")
		d.places[sub] = d.spotOf(it.Key())
		if i, known := fields[key]; known {
			d.fill(it.Value(), into.Field(i), sub)
		} else {
			d.add(sub, "is not a known key%s", suggest(key, fields))
		}
		said[key] = true
	}
	if _, has := fields["value"]; has && !said["value"] {
		d.unsaid = append(d.unsaid, path)
	}
}

// addUnsaid tells of headers and pairs that have no value, where nothing else is wrong with them.
func (d *document) addUnsaid() {
	for _, path := range d.unsaid {
		if !slices.ContainsFunc(d.faults, func(f FileFault) bool { return f.Path == path || strings.HasPrefix(f.Path, path+".") }) {
			d.add(path+".value", "is missing; an empty one is written \"\"")
		}
	}
}

// suggest helps with a wrong letter case, and lists what there is otherwise.
func suggest(key string, fields map[string]int) string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		if strings.EqualFold(strings.ReplaceAll(key, "_", ""), name) {
			return "; it is written " + name
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return "; there are " + strings.Join(names, ", ")
}

func (d *document) fillSlice(node ast.Node, into reflect.Value, path string) {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		d.add(path, "must be a list, not %s", kindOf(node))
		return
	}
	all := reflect.MakeSlice(into.Type(), len(list.Values), len(list.Values))
	for i, element := range list.Values {
		sub := path + "[" + strconv.Itoa(i) + "]"
		d.places[sub] = d.spotOf(element)
		d.fill(element, all.Index(i), sub)
	}
	into.Set(all)
}

func (d *document) fillScalar(node ast.Node, into reflect.Value, path string) {
	text, ok := scalarText(node)
	_, isBool := node.(*ast.BoolNode)
	isText := into.Kind() == reflect.String
	if !ok || d.json && isQuoted(node) != isText || isText && isBool && !strings.HasSuffix(path, "].value") {
		d.add(path, "must be %s, not %s", wanted(into.Kind()), scalarKind(node))
		return
	}
	switch into.Kind() {
	case reflect.String:
		into.SetString(text)
		return
	case reflect.Int:
		if n, whole := wholeNumber(text); whole {
			into.SetInt(n)
			return
		}
	case reflect.Float64:
		if n, err := strconv.ParseFloat(text, 64); err == nil && n-n == 0 { // a number that is finite
			into.SetFloat(n)
			return
		}
	case reflect.Bool:
		if b, isBool := node.(*ast.BoolNode); isBool {
			into.SetBool(b.Value)
			return
		}
	}
	d.add(path, "must be %s, not %q", wanted(into.Kind()), text)
}

// wholeNumber reads a number by its value, as the JSON Schema does: 3.0 and 3e0 are whole.
func wholeNumber(text string) (int64, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	n, err := strconv.ParseFloat(text, 64)
	const exact = 1 << 53
	return int64(n), err == nil && isNumber(text) && n == math.Trunc(n) && math.Abs(n) <= exact
}

func wanted(k reflect.Kind) string {
	return map[reflect.Kind]string{
		reflect.String: "text", reflect.Int: "a whole number", reflect.Float64: "a number", reflect.Bool: "true or false",
	}[k]
}
