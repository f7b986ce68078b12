package handlebars

import (
	"slices"
	"strings"
)

var listHelpers = map[string]*helper{
	"join":   {usage: "join list \", \"", min: 1, max: many, named: []string{"prefix", "suffix"}, run: joinList},
	"length": {usage: "length x", min: 1, max: 1, run: length},
	"sortBy": {usage: "sortBy list \"field\" \"desc\"", min: 1, max: 3, block: blockResults, run: sortBy},
	"minInList": {usage: "minInList list \"field\"", min: 1, max: 2, block: blockResult, run: func(x *exec, e *expr, args []value) value {
		return x.extreme(e, args, -1)
	}},
	"maxInList": {usage: "maxInList list \"field\"", min: 1, max: 2, block: blockResult, run: func(x *exec, e *expr, args []value) value {
		return x.extreme(e, args, 1)
	}},
}

// joinList joins the elements of a list, or all of its arguments but the last, which is what
// goes between.
func joinList(x *exec, e *expr, args []value) value {
	separator := ","
	if last := len(args) - 1; last > 0 {
		separator = x.textOf(args[last])
		args = args[:last]
	}
	var parts []string
	if len(args) == 1 && args[0].kind == array {
		for _, m := range x.data.members(args[0]) {
			if !x.step(1) {
				return nothing
			}
			parts = append(parts, x.textOf(m.value))
		}
	} else {
		for _, v := range args {
			parts = append(parts, x.textOf(v))
		}
	}
	size := len(separator) * len(parts)
	for _, p := range parts {
		size += len(p)
	}
	if size > maxBody {
		return x.broken(e, "the result is larger than 1 MiB")
	}
	return textValue(x.textOf(x.option(e, "prefix")) + strings.Join(parts, separator) + x.textOf(x.option(e, "suffix")))
}

func length(x *exec, _ *expr, args []value) value {
	if args[0].inner != nil {
		return intValue(len(x.data.members(args[0])))
	}
	return intValue(runeCount(x.textOf(args[0])))
}

// sortKey is what an element is sorted and compared by: itself, or one of its fields.
func (x *exec) sortKey(m member, args []value) value {
	if len(args) < 2 {
		return m.value
	}
	return x.walk(m.value, strings.Split(args[1].text, "."))
}

// before orders sort keys: numbers and what reads as such by size, the rest as text, missing
// ones last.
func (x *exec) before(a, b value) int {
	switch {
	case a.kind <= null && b.kind <= null:
		return 0
	case a.kind <= null:
		return 1
	case b.kind <= null:
		return -1
	}
	order, _ := x.looseOrder(a, b)
	return order
}

func sortBy(x *exec, e *expr, args []value) value {
	if args[0].kind != array {
		return x.broken(e, "%s is not a list", e.label(0))
	}
	descending := len(args) == 3 && strings.EqualFold(x.textOf(args[2]), "desc")
	list := slices.Clone(x.data.members(args[0]))
	slices.SortStableFunc(list, func(a, b member) int {
		if !x.step(1) {
			return 0
		}
		left, right := x.sortKey(a, args), x.sortKey(b, args)
		order := x.before(left, right)
		if descending && left.kind > null && right.kind > null {
			return -order
		}
		return order
	})
	return value{kind: array, inner: &container{members: list, opened: true}}
}

// extreme finds the element with the smallest (-1) or largest (1) key; elements without one
// don't count.
func (x *exec) extreme(e *expr, args []value, sign int) value {
	if args[0].kind != array {
		return x.broken(e, "%s is not a list", e.label(0))
	}
	best, bestKey := nothing, nothing
	for _, m := range x.data.members(args[0]) {
		if !x.step(1) {
			return nothing
		}
		key := x.sortKey(m, args)
		if key.kind <= null {
			continue
		}
		if bestKey.kind == missing || x.before(key, bestKey)*sign > 0 {
			best, bestKey = m.value, key
		}
	}
	if best.kind == missing {
		x.blame = e.label(0)
	}
	return best
}
