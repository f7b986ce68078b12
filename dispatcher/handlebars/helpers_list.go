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
	if args[0].kind == array && len(parts) == 0 {
		return textValue("")
	}
	return textValue(x.textOf(x.option(e, "prefix")) + strings.Join(parts, separator) + x.textOf(x.option(e, "suffix")))
}

func length(x *exec, _ *expr, args []value) value {
	if args[0].inner != nil {
		return intValue(len(x.data.members(args[0])))
	}
	return intValue(runeCount(x.textOf(args[0])))
}

// sortable is an element of a list with what it is sorted and compared by.
type sortable struct {
	member
	key value
}

// sortables finds the keys of a list's elements: themselves, or the field that the second
// argument names.
func (x *exec) sortables(e *expr, args []value) []sortable {
	if args[0].kind != array {
		x.broken(e, "%s is not a list", e.label(0))
		return nil
	}
	var path []string
	if len(args) > 1 && args[1].text != "" {
		path = strings.Split(args[1].text, ".")
	}
	var list []sortable
	for _, m := range x.data.members(args[0]) {
		if !x.step(1 + len(path)/16) {
			return nil
		}
		list = append(list, sortable{m, x.walk(m.value, path)})
	}
	return list
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
	return x.looseOrder(a, b)
}

func sortBy(x *exec, e *expr, args []value) value {
	list := x.sortables(e, args)
	descending := len(args) == 3 && strings.EqualFold(x.textOf(args[2]), "desc")
	slices.SortStableFunc(list, func(a, b sortable) int {
		if !x.step(1) {
			return 0
		}
		order := x.before(a.key, b.key)
		if descending && a.key.kind > null && b.key.kind > null {
			return -order
		}
		return order
	})
	sorted := make([]member, len(list))
	for i := range list {
		sorted[i] = list[i].member
	}
	return value{kind: array, inner: &container{members: sorted, opened: true}}
}

// extreme finds the element with the smallest (-1) or largest (1) key; elements without one
// don't count.
func (x *exec) extreme(e *expr, args []value, sign int) value {
	var best sortable
	for _, one := range x.sortables(e, args) {
		if one.key.kind > null && (best.key.kind == missing || x.before(one.key, best.key)*sign > 0) {
			best = one
		}
	}
	if best.value.kind == missing {
		x.blame = e.label(0)
	}
	return best.value
}
