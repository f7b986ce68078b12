package handlebars

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

func intValue(n int) value { return value{kind: number, text: strconv.Itoa(n)} }

func runeCount(s string) int { return utf8.RuneCountInString(s) }

// isInteger reports whether a number is written without fraction and exponent.
func isInteger(s string) bool { return !strings.ContainsAny(s, ".eE") }

func isZero(s string) bool {
	for i := 0; i < len(s) && s[i]|0x20 != 'e'; i++ {
		if s[i] >= '1' && s[i] <= '9' {
			return false
		}
	}
	return true
}

// toFloat is the nearest float64; what is too large becomes an infinity.
func toFloat(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64) // s is a JSON number, only its range can be wrong
	return f
}

// compareNumbers orders integers by all of their digits and everything else as float64.
func compareNumbers(a, b string) int {
	if a == b {
		return 0
	}
	if isInteger(a) && isInteger(b) {
		return compareIntegers(a, b)
	}
	switch f, g := toFloat(a), toFloat(b); {
	case f < g:
		return -1
	case f > g:
		return 1
	}
	return 0
}

func compareIntegers(a, b string) int {
	a, aNegative := strings.CutPrefix(a, "-")
	b, bNegative := strings.CutPrefix(b, "-")
	switch {
	case a == "0" && b == "0":
		return 0
	case aNegative && bNegative:
		a, b = b, a
	case aNegative:
		return -1
	case bNegative:
		return 1
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// appendNumber prints a JSON number the way JavaScript does, but integers with all digits.
func appendNumber(dst []byte, s string) []byte {
	if isInteger(s) {
		if s == "-0" {
			s = "0"
		}
		return append(dst, s...)
	}
	if isShortDecimal(s) {
		return append(dst, s...)
	}
	f := toFloat(s)
	if math.IsInf(f, 0) {
		return append(dst, s...)
	}
	return appendFloat(dst, f)
}

// isShortDecimal recognizes what a float64 prints back unchanged: a few digits, no exponent,
// no zero at the end.
func isShortDecimal(s string) bool {
	return len(s) <= 16 && !strings.ContainsAny(s, "eE") && s[len(s)-1] != '0' &&
		!strings.HasPrefix(s, "0.00000") && !strings.HasPrefix(s, "-0.00000")
}

func appendFloat(dst []byte, f float64) []byte {
	if f == 0 {
		return append(dst, '0')
	}
	if size := math.Abs(f); size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(s, "e")
	dst = append(dst, mantissa...)
	dst = append(dst, 'e', exponent[0])
	return append(dst, strings.TrimLeft(exponent[1:], "0")...)
}

// floatValue makes a number of a calculation's result, without the noise in its last digits.
func floatValue(f float64) (value, bool) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nothing, false
	}
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	return value{kind: number, text: string(appendFloat(nil, f))}, true
}

// numberLiteral makes a JSON number of digits in a template, which may start with zeros.
func numberLiteral(s string) string {
	digits, negative := strings.CutPrefix(s, "-")
	digits = strings.TrimLeft(digits, "0")
	if digits == "" || digits[0] == '.' {
		digits = "0" + digits
	}
	if negative {
		return "-" + digits
	}
	return digits
}
