package handlebars

import (
	"math/big"
	"strings"
)

// numberStyle is how a number is written out.
type numberStyle struct {
	prefix, suffix   string
	minWhole         int
	minFrac, maxFrac int
	grouped          bool
	scale            int // decimal places to move the point: 2 for percent
	rounding         string
	locale           numberLocale
}

// numberLocale is what differs between countries.
type numberLocale struct {
	group, point   string
	currency       string // how an amount is written, with # for the amount
	currencyDigits int
}

const defaultLocale = ""

var numberLocales = map[string]numberLocale{
	defaultLocale: {",", ".", "¤#", 2},
	"en_US":       {",", ".", "$#", 2},
	"en_CA":       {",", ".", "$#", 2},
	"en_AU":       {",", ".", "$#", 2},
	"en_GB":       {",", ".", "£#", 2},
	"en_IE":       {",", ".", "€#", 2},
	"en_IN":       {",", ".", "₹#", 2},
	"de_DE":       {".", ",", "#\u00A0€", 2},
	"de_AT":       {"\u00A0", ",", "€\u00A0#", 2},
	"de_CH":       {"’", ".", "CHF\u00A0#", 2},
	"es_ES":       {".", ",", "#\u00A0€", 2},
	"es_MX":       {",", ".", "$#", 2},
	"fr_FR":       {"\u202F", ",", "#\u00A0€", 2},
	"it_IT":       {".", ",", "#\u00A0€", 2},
	"nl_NL":       {".", ",", "€\u00A0#", 2},
	"pt_BR":       {".", ",", "R$\u00A0#", 2},
	"pt_PT":       {"\u00A0", ",", "#\u00A0€", 2},
	"sv_SE":       {"\u00A0", ",", "#\u00A0kr", 2},
	"pl_PL":       {"\u00A0", ",", "#\u00A0zł", 2},
	"ja_JP":       {",", ".", "￥#", 0},
	"ko_KR":       {",", ".", "₩#", 0},
	"zh_CN":       {",", ".", "¥#", 2},
}

func findLocale(name string) (numberLocale, bool) {
	l, ok := numberLocales[strings.ReplaceAll(name, "-", "_")]
	return l, ok
}

func prepareFormat(_ *compiler, e *expr) string {
	if len(e.args) == 3 && e.args[2].kind == exprLiteral {
		if _, ok := findLocale(e.args[2].value.text); !ok {
			return "numberFormat doesn't know the locale " + e.args[2].value.text + "; it is written like \"en_US\" or \"de_DE\""
		}
	}
	return ""
}

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
		return x.broken(e, "%s is no pattern: use \"integer\", \"percent\", \"currency\" or one like \"#,##0.00\"", e.label(1))
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
		return x.broken(e, "roundingMode is none of up, down, ceiling, floor, half_up, half_down, half_even")
	}
	return textValue(out)
}

// styleOf reads a pattern: a name, or a picture of the number.
func styleOf(pattern string, locale numberLocale) (numberStyle, bool) {
	style := numberStyle{minWhole: 1, maxFrac: 3, grouped: true, rounding: "half_even", locale: locale}
	switch pattern {
	case "", "number":
		return style, true
	case "integer":
		style.maxFrac = 0
		return style, true
	case "percent":
		style.maxFrac, style.scale, style.suffix = 0, 2, "%"
		return style, true
	case "currency":
		style.minFrac, style.maxFrac = locale.currencyDigits, locale.currencyDigits
		style.prefix, style.suffix, _ = strings.Cut(locale.currency, "#")
		return style, true
	}
	start := strings.IndexAny(pattern, "#0")
	if start < 0 {
		return style, false
	}
	picture := pattern[start:]
	end := len(picture) - len(strings.TrimLeft(picture, "#0,."))
	style.prefix, style.suffix, picture = pattern[:start], picture[end:], picture[:end]
	if strings.HasPrefix(style.suffix, "%") {
		style.scale = 2
	}
	whole, frac, _ := strings.Cut(picture, ".")
	style.grouped = strings.Contains(whole, ",")
	style.minWhole = strings.Count(whole, "0")
	style.minFrac, style.maxFrac = strings.Count(frac, "0"), len(frac)
	return style, len(picture) <= 40 && !strings.ContainsAny(frac, ".,")
}

// adjust applies the named arguments.
func (x *exec) adjust(e *expr, style *numberStyle) (wrong string, ok bool) {
	for _, a := range e.named {
		v := x.eval(a.expr)
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
		if a.name == "minimumFractionDigits" {
			style.minFrac, style.maxFrac = n, max(n, style.maxFrac)
		} else {
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

// format writes n, rounded to the style's digits.
func (style *numberStyle) format(n *big.Rat) (string, bool) {
	digits := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(style.maxFrac+style.scale)), nil)
	scaled := new(big.Rat).Mul(n, new(big.Rat).SetInt(digits))
	rounded, ok := round(scaled, style.rounding)
	if !ok {
		return "", false
	}
	s := new(big.Int).Abs(rounded).String()
	if short := style.maxFrac + 1 - len(s); short > 0 {
		s = strings.Repeat("0", short) + s
	}
	whole, frac := s[:len(s)-style.maxFrac], s[len(s)-style.maxFrac:]
	for len(frac) > style.minFrac && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	if whole = strings.TrimLeft(whole, "0"); len(whole) < style.minWhole {
		whole = strings.Repeat("0", style.minWhole-len(whole)) + whole
	}
	if style.grouped {
		whole = group(whole, style.locale.group)
	}
	if frac != "" {
		whole += style.locale.point + frac
	}
	out := style.prefix + whole + style.suffix
	if rounded.Sign() < 0 {
		out = "-" + out
	}
	return out, true
}

func group(digits, separator string) string {
	var b strings.Builder
	for i, c := range []byte(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteByte(c)
	}
	return b.String()
}

// round makes a whole number of n.
func round(n *big.Rat, mode string) (*big.Int, bool) {
	floor, rest := new(big.Int).DivMod(n.Num(), n.Denom(), new(big.Int))
	half := new(big.Int).Lsh(rest, 1).Cmp(n.Denom()) // how the rest compares to one half
	negative := n.Sign() < 0
	exact, up := rest.Sign() == 0, false
	switch mode {
	case "up":
		up = !negative
	case "down":
		up = negative
	case "ceiling":
		up = true
	case "floor":
	case "half_up":
		up = half > 0 || half == 0 && !negative
	case "half_down":
		up = half > 0 || half == 0 && negative
	case "half_even":
		up = half > 0 || half == 0 && floor.Bit(0) == 1
	default:
		return nil, false
	}
	if up && !exact {
		floor.Add(floor, big.NewInt(1))
	}
	return floor, true
}
