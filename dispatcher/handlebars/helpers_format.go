package handlebars

import (
	"math/big"
	"strings"
)

func findLocale(name string) (numberLocale, bool) {
	l, ok := numberLocales[strings.ReplaceAll(name, "-", "_")]
	return l, ok
}

// prepareFormat checks what is written out.
func prepareFormat(_ *compiler, e *expr) string {
	if locale, ok := e.written(2); ok {
		if _, ok := findLocale(locale); !ok {
			return "numberFormat doesn't know the locale " + locale + "; it is written like \"en_US\" or \"de_DE\""
		}
	}
	if pattern, ok := e.written(1); ok {
		if _, ok := styleOf(pattern, numberLocales[defaultLocale]); !ok {
			return "numberFormat: " + e.label(1) + " is no pattern: " + numberPatterns
		}
	}
	if mode := e.namedArg("roundingMode"); mode != nil && mode.kind == exprLiteral {
		if _, ok := round(new(big.Rat), strings.ToLower(mode.value.text)); !ok {
			return "numberFormat: " + roundingModes
		}
	}
	return ""
}

const (
	numberPatterns = "use \"integer\", \"percent\", \"currency\" or one like \"#,##0.00\""
	roundingModes  = "roundingMode is none of up, down, ceiling, floor, half_up, half_down, half_even"
)

func numberFormat(x *exec, e *expr, args []value) value {
	s, ok := x.number(args[0])
	if !ok {
		return x.broken(e, "%s is not a number", e.label(0))
	}
	locale := numberLocales[defaultLocale]
	if len(args) == 3 {
		if locale, ok = findLocale(x.textOf(args[2])); !ok {
			return x.broken(e, "%s is no known locale", e.label(2))
		}
	}
	pattern := ""
	if len(args) > 1 {
		pattern = x.textOf(args[1])
	}
	style, ok := styleOf(pattern, locale)
	if !ok {
		return x.broken(e, "%s is no pattern: %s", e.label(1), numberPatterns)
	}
	if wrong, ok := x.adjust(e, &style); !ok {
		return x.broken(e, "%s must be a number from 0 to 20", wrong)
	}
	x.step(len(s) / 8)
	n, ok := exactNumber(s)
	if !ok {
		return x.broken(e, "%s is too large", e.label(0))
	}
	out, ok := style.format(n)
	if !ok {
		return x.broken(e, roundingModes)
	}
	return textValue(out)
}

// adjust applies the named arguments.
func (x *exec) adjust(e *expr, style *numberStyle) (wrong string, ok bool) {
	for i, a := range e.named {
		v := x.options[i]
		switch a.name {
		case "groupingUsed":
			style.grouped = x.truthy(v) && v.text != "false"
			continue
		case "roundingMode":
			style.rounding = strings.ToLower(x.textOf(v))
			continue
		}
		s, ok := x.number(v)
		places := toFloat(s)
		if !ok || places < 0 || places > 20 {
			return a.name, false
		}
		n := int(places)
		switch a.name {
		case "minimumIntegerDigits":
			style.minWhole = n
		case "minimumFractionDigits":
			style.minFrac, style.maxFrac = n, max(n, style.maxFrac)
		default:
			style.minFrac, style.maxFrac = min(n, style.minFrac), n
		}
	}
	return "", true
}

// exactNumber reads up to 400 digits exactly and anything with an exponent as float64.
func exactNumber(s string) (*big.Rat, bool) {
	if len(s) > 400 {
		return nil, false
	}
	if strings.ContainsAny(s, "eE") {
		n := new(big.Rat).SetFloat64(toFloat(s))
		return n, n != nil
	}
	return new(big.Rat).SetString(s)
}
