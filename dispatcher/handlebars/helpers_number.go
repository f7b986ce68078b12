package handlebars

import (
	"math"
	"math/big"
)

var numberHelpers = map[string]*helper{
	"math": {usage: "math a \"+\" b", min: 3, max: 3, prepare: prepareMath, run: calculate},
	"numberFormat": {
		usage: "numberFormat x \"pattern\" \"locale\"", min: 1, max: 3, run: numberFormat, prepare: prepareFormat,
		named: []string{"minimumIntegerDigits", "minimumFractionDigits", "maximumFractionDigits", "groupingUsed", "roundingMode"},
	},
}

func prepareMath(_ *compiler, e *expr) string {
	op := e.args[1]
	if op.kind != exprLiteral {
		return ""
	}
	switch op.value.text {
	case "+", "-", "*", "/", "%":
		return ""
	}
	return "math knows the operators \"+\", \"-\", \"*\", \"/\" and \"%\""
}

// calculate computes fractions as float64 and shows them with 15 digits.
func calculate(x *exec, e *expr, args []value) value {
	left, ok := x.number(args[0])
	if !ok {
		return x.broken(e, "%s is not a number", e.label(0))
	}
	right, ok := x.number(args[2])
	if !ok {
		return x.broken(e, "%s is not a number", e.label(2))
	}
	switch op := x.textOf(args[1]); op {
	case "+", "-", "*", "/", "%":
		return operate(x, e, left, op, right)
	}
	return x.broken(e, "%s is none of + - * / %%", e.label(1))
}

// operate keeps whole numbers exact, also the remainder and a quotient that is whole.
func operate(x *exec, e *expr, left, op, right string) value {
	if (op == "/" || op == "%") && isZero(right) {
		return x.broken(e, "%s is zero, nothing can be divided by it", e.label(2))
	}
	if isInteger(left) && isInteger(right) {
		if x.step((len(left) + len(right)) / 16); len(left) > 400 || len(right) > 400 {
			return x.broken(e, "the numbers are too large")
		}
		if whole, ok := wholeResult(left, op, right); ok {
			return value{kind: number, text: whole}
		}
	}
	a, b, result := toFloat(left), toFloat(right), 0.0
	switch op {
	case "+":
		result = a + b
	case "-":
		result = a - b
	case "*":
		result = a * b
	case "/":
		result = a / b
	default:
		result = math.Mod(a, b)
	}
	v, ok := floatValue(result)
	if !ok {
		return x.broken(e, "the result is too large")
	}
	return v
}

// wholeResult calculates with all digits. ok is false where the result is a fraction.
func wholeResult(left, op, right string) (_ string, ok bool) {
	a, _ := new(big.Int).SetString(left, 10)
	b, _ := new(big.Int).SetString(right, 10)
	rest := new(big.Int)
	switch op {
	case "+":
		a.Add(a, b)
	case "-":
		a.Sub(a, b)
	case "*":
		a.Mul(a, b)
	case "/":
		a.QuoRem(a, b, rest)
	default:
		a.Rem(a, b)
	}
	return a.String(), rest.Sign() == 0
}

// modulo is the remainder of a division, with the sign of a.
func modulo(a, b string) (string, bool) {
	if isZero(b) || len(a) > 400 || len(b) > 400 {
		return "", false
	}
	if isInteger(a) && isInteger(b) {
		return wholeResult(a, "%", b)
	}
	rest, ok := floatValue(math.Mod(toFloat(a), toFloat(b)))
	return rest.text, ok
}
