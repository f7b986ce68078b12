package handlebars

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var textHelpers = map[string]*helper{
	"upper": textHelper("upper x", upper),
	"lower": textHelper("lower x", lower),
	"capitalize": {usage: "capitalize x", min: 1, max: 1, named: []string{"fully"}, run: func(x *exec, e *expr, args []value) value {
		s := x.textOf(args[0])
		if !x.step(len(s) / 64) {
			return nothing
		}
		if x.truthy(x.option(e, "fully")) {
			s = lower(s)
		}
		return textValue(capitalizeWords(s))
	}},
	"capitalizeFirst": textHelper("capitalizeFirst x", capitalizeFirst),
	"slugify": {usage: "slugify x", min: 1, max: 1, run: func(x *exec, _ *expr, args []value) value {
		s := x.textOf(args[0])
		if args[0].kind == array {
			s = strings.ReplaceAll(s, ",", " ")
		}
		return textValue(slugify(s))
	}},
	"cut": {usage: "cut x part", min: 1, max: 2, run: func(x *exec, _ *expr, args []value) value {
		part := " "
		if len(args) == 2 {
			part = x.textOf(args[1])
		}
		return x.replaced(args[0], part, "")
	}},
	"replace": {usage: "replace x part by", min: 3, max: 3, run: func(x *exec, _ *expr, args []value) value {
		return x.replaced(args[0], x.textOf(args[1]), x.textOf(args[2]))
	}},
	"substring": {usage: "substring x start end", min: 2, max: 3, run: substring},
	"abbreviate": {usage: "abbreviate x width", min: 2, max: 2, run: abbreviate, prepare: func(_ *compiler, e *expr) string {
		if width, ok := e.written(1); ok && compareNumbers(numberLiteral(width), "4") < 0 {
			return "abbreviate: the width must be 4 or more"
		}
		return ""
	}},
}

func textHelper(usage string, change func(string) string) *helper {
	return &helper{usage: usage, min: 1, max: 1, run: func(x *exec, _ *expr, args []value) value {
		s := x.textOf(args[0])
		if !x.step(len(s) / 64) {
			return nothing
		}
		return textValue(change(s))
	}}
}

func capitalizeFirst(s string) string {
	if s == "" {
		return s
	}
	r, size := utf8.DecodeRuneInString(s)
	return title(r) + s[size:]
}

func capitalizeWords(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	start := true
	for _, r := range s {
		if start {
			b.WriteString(title(r))
		} else {
			b.WriteRune(r)
		}
		start = unicode.IsSpace(r)
	}
	return b.String()
}

// slugify keeps letters, in lower case, and makes a hyphen of white space.
func slugify(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r):
			return r
		case unicode.IsSpace(r):
			return '-'
		}
		return -1
	}, lower(strings.TrimSpace(s)))
}

// replaced replaces every part of a value; the result must fit into a body.
func (x *exec) replaced(v value, part, by string) value {
	s := x.textOf(v)
	if part == "" {
		return textValue(s)
	}
	n := strings.Count(s, part)
	if x.step(n / 16); len(s)+n*(len(by)-len(part)) > maxBody {
		x.fail(&RenderError{Message: "replace makes a text larger than 1 MiB"})
		return nothing
	}
	return textValue(strings.ReplaceAll(s, part, by))
}

// whole reads an argument that must be a whole number, from 0 up.
func (x *exec) whole(e *expr, args []value, i int) (int, bool) {
	s, ok := x.number(args[i])
	n := toFloat("0" + strings.TrimPrefix(s, "+"))
	if !ok || s[0] == '-' || n != float64(int32(n)) {
		x.broken(e, "%s must be a whole number, 0 or more", e.label(i))
		return 0, false
	}
	return int(n), true
}

func substring(x *exec, e *expr, args []value) value {
	s := []rune(x.textOf(args[0]))
	start, ok := x.whole(e, args, 1)
	end := len(s)
	if ok && len(args) == 3 {
		end, ok = x.whole(e, args, 2)
	}
	if !ok {
		return nothing
	}
	if start > end || end > len(s) {
		return x.broken(e, "%s has fewer characters than asked for; abbreviate shortens a text of any length", e.label(0))
	}
	return textValue(string(s[start:end]))
}

func abbreviate(x *exec, e *expr, args []value) value {
	s := x.textOf(args[0])
	width, ok := x.whole(e, args, 1)
	if !ok {
		return nothing
	}
	if width < 4 {
		return x.broken(e, "the width must be 4 or more")
	}
	if runes := []rune(s); len(runes) > width {
		s = string(runes[:width-3]) + "..."
	}
	return textValue(s)
}
