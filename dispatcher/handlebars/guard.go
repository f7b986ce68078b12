package handlebars

import (
	"strconv"
	"strings"

	"github.com/aymerick/raymond/ast"
	"github.com/aymerick/raymond/parser"
)

// call is one expression as it was written: a value by itself, or a helper's name with
// arguments.
type call struct {
	head  term
	args  []argument
	named []argument
}

// argument is a term or, in parentheses, another call; name is set for name=value.
type argument struct {
	name term
	term term
	call *call
}

// parseCall finds the structure of an expression. raymond's parser does it, behind a guard:
// it sees one small expression, in which every path and literal is a numbered name, and only
// after the terms were found to be in order, since it leaks a goroutine for every input it
// refuses.
func parseCall(source string, at int, terms []term) (*call, *SyntaxError) {
	if len(terms) == 0 {
		return nil, syntaxError(source, at, "the tag is empty: write a field's name between the braces")
	}
	if len(terms) == 1 && terms[0].kind <= termWord {
		return &call{head: terms[0]}, nil
	}
	o := order{source: source, terms: terms}
	if err := o.call(0); err != nil {
		return nil, err
	}
	if o.i < len(terms) {
		return nil, syntaxError(source, terms[o.i].at, "unexpected %s", terms[o.i].source)
	}
	program, err := parser.Parse(masked(terms))
	if err != nil {
		return nil, syntaxError(source, terms[0].at, "this expression can't be read")
	}
	mustache, ok := program.Body[0].(*ast.MustacheStatement)
	if !ok || len(program.Body) != 1 {
		return nil, syntaxError(source, terms[0].at, "this expression can't be read")
	}
	return convert(terms, mustache.Expression), nil
}

// order checks that terms follow each other as the grammar has it.
type order struct {
	source string
	terms  []term
	i      int
}

func (o *order) call(depth int) *SyntaxError {
	if depth > maxNesting {
		return syntaxError(o.source, o.terms[o.i-1].at, "expressions are nested deeper than %d levels", maxNesting)
	}
	if o.i == len(o.terms) || o.terms[o.i].kind != termPath {
		return o.unexpected("a helper's name")
	}
	named := false
	for o.i++; o.i < len(o.terms); {
		switch o.terms[o.i].kind {
		case termClose:
			return nil
		case termKey:
			named = true
			o.i++
			if o.i == len(o.terms) || o.terms[o.i].kind > termOpen {
				return o.unexpected("a value behind =")
			}
		case termParams:
			return o.unexpected("the end of the tag")
		default:
			if named {
				return syntaxError(o.source, o.terms[o.i].at, "arguments with a name come last")
			}
		}
		if err := o.value(depth); err != nil {
			return err
		}
	}
	return nil
}

func (o *order) value(depth int) *SyntaxError {
	if o.terms[o.i].kind != termOpen {
		o.i++
		return nil
	}
	open := o.terms[o.i]
	o.i++
	if err := o.call(depth + 1); err != nil {
		return err
	}
	if o.i == len(o.terms) {
		return syntaxError(o.source, open.at, "the parenthesis is not closed")
	}
	o.i++
	return nil
}

func (o *order) unexpected(wanted string) *SyntaxError {
	if o.i < len(o.terms) {
		t := o.terms[o.i]
		return syntaxError(o.source, t.at, "expected %s, found %s", wanted, t.source)
	}
	last := o.terms[len(o.terms)-1]
	return syntaxError(o.source, last.at+len(last.source), "expected %s", wanted)
}

// masked writes the expression with numbered names for its paths and literals.
func masked(terms []term) string {
	var b strings.Builder
	b.WriteString("{{")
	for i, t := range terms {
		switch t.kind {
		case termOpen, termClose:
			b.WriteString(t.source)
		case termKey:
			b.WriteString("t" + strconv.Itoa(i) + "=")
		default:
			b.WriteString("t" + strconv.Itoa(i) + " ")
		}
	}
	b.WriteString("}}")
	return b.String()
}

func convert(terms []term, e *ast.Expression) *call {
	c := &call{head: unmask(terms, e.Path)}
	for _, param := range e.Params {
		c.args = append(c.args, convertArgument(terms, param))
	}
	if e.Hash == nil {
		return c
	}
	for _, pair := range e.Hash.Pairs {
		a := convertArgument(terms, pair.Val)
		i, _ := strconv.Atoi(pair.Key[1:])
		a.name = terms[i]
		c.named = append(c.named, a)
	}
	return c
}

func convertArgument(terms []term, n ast.Node) argument {
	if sub, ok := n.(*ast.SubExpression); ok {
		return argument{call: convert(terms, sub.Expression)}
	}
	return argument{term: unmask(terms, n)}
}

func unmask(terms []term, n ast.Node) term {
	name, _ := ast.HelperNameStr(n)
	i, _ := strconv.Atoi(name[1:]) // masked wrote nothing but numbered names
	return terms[i]
}
