package handlebars

import (
	"math/big"
	"strings"
	"unicode/utf8"
)

// numberStyle is how a number is written out.
type numberStyle struct {
	prefix, suffix   string
	minWhole         int
	minFrac, maxFrac int
	grouped          bool
	scale            int // decimal places to move the point: 2 for percent, 3 for per mille
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

// styleOf reads a pattern: a name, or a picture of the number.
func styleOf(pattern string, locale numberLocale) (numberStyle, bool) {
	style := numberStyle{minWhole: 1, maxFrac: 3, grouped: true, rounding: "half_even", locale: locale}
	switch strings.ToLower(strings.TrimSpace(pattern)) {
	case "", "number", "default":
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
	start := outsideQuotes(pattern, "#0")
	if start < 0 {
		return style, false
	}
	if start == 1 && pattern[0] == '.' {
		start = 0
	}
	picture := pattern[start:]
	end := len(picture) - len(strings.TrimLeft(picture, "#0,."))
	prefix, suffix, picture := pattern[:start], picture[end:], picture[:end]
	style.scale = max(scaleOf(prefix), scaleOf(suffix))
	style.prefix, style.suffix = locale.around(prefix), locale.around(suffix)
	whole, frac, _ := strings.Cut(picture, ".")
	style.grouped = strings.Contains(whole, ",")
	style.minWhole = strings.Count(whole, "0")
	style.minFrac, style.maxFrac = strings.Count(frac, "0"), len(frac)
	if style.minWhole+style.minFrac == 0 && frac != "" { // as in Java: #.## is 0.##, and .## is .0#
		style.minWhole = min(len(whole), 1)
		style.minFrac = 1 - style.minWhole
	}
	return style, len(picture) <= 40 && !strings.ContainsAny(frac, ".,") && outsideQuotes(suffix, ";#0") < 0
}

// scaleOf is how many places a % or ‰ before or behind the picture moves the point; quoted
// ones don't.
func scaleOf(s string) int {
	switch at := outsideQuotes(s, "%‰"); {
	case at < 0:
		return 0
	case s[at] == '%':
		return 2
	}
	return 3
}

// outsideQuotes is where the first of some characters stands in a pattern outside of '…', -1 if none does.
func outsideQuotes(s, chars string) int {
	quoted := false
	for i, c := range s {
		if c == '\'' {
			quoted = !quoted
		} else if !quoted && strings.ContainsRune(chars, c) {
			return i
		}
	}
	return -1
}

// around is the text before or behind the picture: ¤ is the currency's sign, and quotes only mark text as
// such, but for two that are one.
func (l *numberLocale) around(s string) string {
	sign := strings.Trim(strings.Replace(l.currency, "#", "", 1), "\u00A0")
	var b strings.Builder
	quoted := false
	for s != "" {
		_, size := utf8.DecodeRuneInString(s)
		switch {
		case strings.HasPrefix(s, "''"):
			b.WriteByte('\'')
			size = 2
		case s[0] == '\'':
			quoted = !quoted
		case !quoted && strings.HasPrefix(s, "¤"):
			b.WriteString(sign)
		default:
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
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
	} else if whole == "" {
		whole = "0"
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
