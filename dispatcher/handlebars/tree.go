package handlebars

import "regexp"

type nodeKind uint8

const (
	nodeText    nodeKind = iota // fixed text
	nodePrint                   // the value of an expression
	nodeDo                      // an expression that prints nothing: assign, skip
	nodeIf                      // one of two bodies
	nodeEach                    // a body per element
	nodeWith                    // a body in another context
	nodeSection                 // {{#x}}: whichever of the three x asks for
	nodeCapture                 // {{#assign "x"}}: a body kept as text
	nodeJSON                    // a token of a JSON body
)

// node is one instruction of a compiled template.
type node struct {
	kind    nodeKind
	token   jsonToken // of nodeJSON
	blank   bool      // text that is white space only
	raw     bool      // {{{x}}}
	encoded bool      // inside {{#urlEncode}}
	quoted  bool      // a print inside a JSON string
	alone   bool      // a print that is all there is between two quotes
	opens   bool      // a JSON key whose value is a string with expressions, which starts here
	comma   bool      // a comma follows the end of this JSON string
	known   bool      // a JSON object whose keys are all different, whatever the data
	at      int       // offset in the source
	text    string
	expr    *expr
	*block
}

// block is what a node has that is a block.
type block struct {
	name   string // of the helper, for messages
	zero   bool   // includeZero=true
	unless bool
	slots  [2]int // where block parameters go, 0 for none
	body   []node
	other  []node // the else part
}

type exprKind uint8

const (
	exprLiteral  exprKind = iota
	exprField             // a name, looked up in the contexts from inside out
	exprContext           // this, ./a, ../a
	exprRoot              // @root.a
	exprVariable          // @index, @key, @first, @last
	exprFact              // @stepId and what else is the step's own
	exprSlot              // a block parameter
	exprCall              // a helper with arguments
)

// expr is one compiled expression.
type expr struct {
	kind     exprKind
	name     string // as it was written; the variable's name without @
	value    value  // of a literal
	segments []string
	mark     uint32 // of segments[0]
	side     side   // of a path that starts with profile or event
	up       int
	slot     int // of a block parameter, or of an assigned name that may hide a field
	fact     func(*Data) value
	helper   *helper
	args     []*expr
	named    []namedExpr
	inputs   []*expr        // args, then the named ones; a lenient helper evaluates those itself
	pattern  *regexp.Regexp // of ifMatchesRegexStr
	cost     int            // the size of pattern, in instructions
}

type namedExpr struct {
	name string
	expr *expr
}

// isThis reports whether e is {{this}}, in any spelling.
func (e *expr) isThis() bool {
	return e.kind == exprContext && e.up == 0 && len(e.segments) == 0
}

// namedArg is the expression of a named argument, nil if there is none.
func (e *expr) namedArg(name string) *expr {
	for i := range e.named {
		if e.named[i].name == name {
			return e.named[i].expr
		}
	}
	return nil
}
