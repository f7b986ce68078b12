package handlebars

import (
	"fmt"
	"maps"
)

// helper is one function that templates can call.
type helper struct {
	usage    string // how it is written
	min, max int    // how many arguments without a name it takes
	named    []string
	lenient  bool // it is called with missing and null arguments too
	only     bool // as a block it always means the helper, never a field of that name
	clock    bool // it works without arguments, where there is no field of that name
	use      helperUse
	block    blockUse
	prepare  func(*compiler, *expr) string // checks what is known when the webhook is saved
	run      func(*exec, *expr, []value) value
}

type helperUse uint8

const (
	usedAnywhere helperUse = iota
	usedAlone              // not a value: {{skip "…"}}, {{assign "…" x}}
)

// blockUse is what {{#helper …}} does.
type blockUse uint8

const (
	blockNone    blockUse = iota
	blockIf               // one argument decides
	blockUnless           // one argument decides, the other way round
	blockEach             // its body per element of its argument
	blockWith             // its body inside its argument
	blockTest             // its result decides
	blockResults          // its body per element of its result
	blockResult           // its body inside its result
	blockEncode           // what is inside is percent-encoded
	blockAssign           // what is inside is kept under a name
)

func (b blockUse) tests() bool { return b >= blockIf && b <= blockWith }

func (b blockUse) node() nodeKind {
	switch b {
	case blockEach, blockResults:
		return nodeEach
	case blockWith, blockResult:
		return nodeWith
	case blockAssign:
		return nodeCapture
	}
	return nodeIf
}

func (h *helper) arity() string {
	switch {
	case h.max == many:
		return fmt.Sprintf("%d or more arguments", h.min)
	case h.min != h.max:
		return fmt.Sprintf("%d to %d arguments", h.min, h.max)
	case h.min == 1:
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", h.min)
}

// many is the most arguments a helper can be given.
const many = 64

// helpers are all the helpers there are, by name.
var helpers = func() map[string]*helper {
	all := map[string]*helper{
		"if":     {usage: "#if x", only: true, block: blockIf},
		"unless": {usage: "#unless x", only: true, block: blockUnless},
		"each":   {usage: "#each list", only: true, block: blockEach},
		"with":   {usage: "#with x", only: true, block: blockWith},
	}
	for _, group := range []map[string]*helper{
		comparisonHelpers, valueHelpers, textHelpers, listHelpers, numberHelpers, dateHelpers, digestHelpers,
	} {
		maps.Copy(all, group)
	}
	return all
}()

// broken fails the execution; a helper calls it with its own name and what is wrong.
func (x *exec) broken(e *expr, format string, args ...any) value {
	x.fail(&RenderError{Message: e.name + ": " + fmt.Sprintf(format, args...)})
	return nothing
}

// written is an argument that stands in the template itself, so that it can be checked when
// the webhook is saved.
func (e *expr) written(i int) (string, bool) {
	if i >= len(e.args) || e.args[i].kind != exprLiteral {
		return "", false
	}
	return e.args[i].value.text, true
}

// label names an argument in messages: as it was written, never by its value.
func (e *expr) label(i int) string { return e.args[i].name }
