package handlebars

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// The helpers whose names start with if are forgiving: a text that is a number counts as
// one, and what is missing fits no comparison. eq, gt and so on are strict.
var comparisonHelpers = map[string]*helper{
	"ifEq":  loose("ifEq", func(order int) bool { return order == 0 }),
	"ifGt":  loose("ifGt", func(order int) bool { return order > 0 }),
	"ifGte": loose("ifGte", func(order int) bool { return order >= 0 }),
	"ifLt":  loose("ifLt", func(order int) bool { return order < 0 }),
	"ifLte": loose("ifLte", func(order int) bool { return order <= 0 }),

	"eq": condition("eq a b", 2, 2, func(x *exec, e *expr, args []value) bool { return x.same(args[0], args[1]) }),
	"neq": condition("neq a b", 2, 2, func(x *exec, e *expr, args []value) bool {
		return !x.same(args[0], args[1])
	}),
	"gt":  strict("gt", func(order int) bool { return order > 0 }),
	"gte": strict("gte", func(order int) bool { return order >= 0 }),
	"lt":  strict("lt", func(order int) bool { return order < 0 }),
	"lte": strict("lte", func(order int) bool { return order <= 0 }),

	"and": condition("and a b …", 1, many, func(x *exec, e *expr, args []value) bool {
		for _, v := range args {
			if !x.truthy(v) {
				return false
			}
		}
		return true
	}),
	"or": condition("or a b …", 1, many, func(x *exec, e *expr, args []value) bool {
		for _, v := range args {
			if x.truthy(v) {
				return true
			}
		}
		return false
	}),
	"not": condition("not a", 1, 1, func(x *exec, e *expr, args []value) bool { return !x.truthy(args[0]) }),

	"ifContains":        only(condition("#ifContains list x", 2, 2, contains)),
	"ifContainsStr":     only(condition("#ifContainsStr text part", 2, 2, containsText)),
	"ifMatchesRegexStr": only(matches()),
	"ifModEq":           only(condition("#ifModEq x divisor remainder", 3, 3, remainder)),
}

// condition is a helper whose result is true or false, or what yes= and no= give.
func condition(usage string, min, max int, test func(*exec, *expr, []value) bool) *helper {
	return &helper{
		usage: usage, min: min, max: max, named: []string{"yes", "no"}, lenient: true, block: blockTest,
		run: func(x *exec, e *expr, args []value) value {
			result := test(x, e, args)
			name := "no"
			if result {
				name = "yes"
			}
			if e.namedArg(name) != nil {
				return x.option(e, name)
			}
			return boolValue(result)
		},
	}
}

func only(h *helper) *helper {
	h.only = true
	return h
}

func loose(name string, holds func(order int) bool) *helper {
	return only(condition("#"+name+" a b", 2, 2, func(x *exec, e *expr, args []value) bool {
		return args[0].kind > null && args[1].kind > null && holds(x.looseOrder(args[0], args[1]))
	}))
}

// looseOrder compares as numbers where both can be read as such, else as text.
func (x *exec) looseOrder(a, b value) int {
	i, isNumber := x.number(a)
	if j, both := x.number(b); isNumber && both {
		return compareNumbers(i, j)
	}
	return strings.Compare(x.textOf(a), x.textOf(b))
}

func strict(name string, holds func(order int) bool) *helper {
	return condition(name+" a b", 2, 2, func(x *exec, e *expr, args []value) bool {
		a, b := args[0], args[1]
		for i, v := range args {
			if v.kind <= null {
				x.fail(&RenderError{
					Message: name + " can't compare a field that is missing; #if" + strings.ToUpper(name[:1]) + name[1:] + " can, and defaultIfEmpty gives it a value",
					Missing: []string{e.label(i)},
				})
				return false
			}
		}
		switch {
		case a.kind == number && b.kind == number:
			x.step((len(a.text) + len(b.text)) / 256)
			return holds(compareNumbers(a.text, b.text))
		case a.kind == text && b.kind == text:
			x.step(min(len(a.text), len(b.text)) / 4096)
			return holds(strings.Compare(a.text, b.text))
		}
		x.broken(e, "%s and %s are not both numbers or both texts", e.label(0), e.label(1))
		return false
	})
}

// contains looks for an element in a list, a key in an object, a part in a text.
func contains(x *exec, e *expr, args []value) bool {
	in, wanted := args[0], args[1]
	if wanted.kind <= null {
		return false
	}
	switch in.kind {
	case array:
		return x.hasElement(x.data.members(in), wanted)
	case object:
		return x.member(in, x.textOf(wanted)).kind != missing
	}
	return containsText(x, e, args)
}

// hasElement compares numbers, and texts that are numbers, as such, everything else as eq does.
func (x *exec) hasElement(list []member, wanted value) bool {
	n, isNumber := x.number(wanted)
	x.step(len(list) / 16)
	for _, m := range list {
		found := false
		if !isNumber {
			found = x.same(m.value, wanted)
		} else if other, ok := x.number(m.value); ok && x.step(1+len(n)/256) {
			found = compareNumbers(n, other) == 0
		}
		if found || x.err != nil {
			return x.err == nil
		}
	}
	return false
}

func containsText(x *exec, _ *expr, args []value) bool {
	if args[0].kind <= null || args[1].kind <= null {
		return false
	}
	return strings.Contains(x.textOf(args[0]), x.textOf(args[1]))
}

// maxPatterns bounds the size of a template's compiled patterns, in instructions.
const maxPatterns = 10_000

// matches compiles its pattern when the webhook is saved. RE2 patterns take time in
// proportion to the text and to the pattern, which is what they cost in steps.
func matches() *helper {
	h := condition("#ifMatchesRegexStr text \"pattern\"", 2, 2, func(x *exec, e *expr, args []value) bool {
		s := x.textOf(args[0])
		return args[0].kind > null && x.step((len(s)+1)*e.cost/256) && e.pattern.MatchString(s)
	})
	h.prepare = func(c *compiler, e *expr) string {
		if e.args[1].kind != exprLiteral || e.args[1].value.kind != text {
			return "ifMatchesRegexStr needs its pattern written out in quotes"
		}
		tree, err := syntax.Parse(e.args[1].value.text, syntax.Perl)
		if err != nil {
			return "ifMatchesRegexStr can't use this pattern: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		}
		program, err := syntax.Compile(tree.Simplify())
		if err != nil || len(program.Inst) > maxPatterns-c.patterns {
			return "ifMatchesRegexStr can't use this pattern: it is too large, or all of the template's patterns are together"
		}
		c.patterns += len(program.Inst)
		e.pattern, e.cost = regexp.MustCompile(e.args[1].value.text), len(program.Inst)
		return ""
	}
	return h
}

func remainder(x *exec, e *expr, args []value) bool {
	var n [3]string
	for i, v := range args {
		var ok bool
		if n[i], ok = x.number(v); !ok {
			return false
		}
	}
	rest, ok := modulo(n[0], n[1])
	return ok && compareNumbers(rest, n[2]) == 0
}
