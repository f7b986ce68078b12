package handlebars

import (
	"math"
	"math/big"
)

var numberHelpers = map[string]*helper{
	"math": {usage: "math a \"+\" b", min: 3, max: 3, prepare: prepareMath, run: calculate},
	"numberFormat": {
		usage: "numberFormat x \"pattern\" \"locale\"", min: 1, max: 3, run: numberFormat, prepare: prepareFormat,
		named: []string{"minimumFractionDigits", "maximumFractionDigits", "groupingUsed", "roundingMode"},
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

// calculate keeps whole numbers exact; fractions are computed as float64 and shown with 15
// digits.
func calculate(x *exec, e *expr, args []value) value {
	left, ok := x.number(args[0])
	if !ok {
		return x.broken(e, "%s is not a number", e.label(0))
	}
	right, ok := x.number(args[2])
	if !ok {
		return x.broken(e, "%s is not a number", e.label(2))
	}
	op := x.textOf(args[1])
	if isInteger(left) && isInteger(right) && (op == "+" || op == "-" || op == "*") {
		return wholeResult(x, e, left, op, right)
	}
	a, b := toFloat(left), toFloat(right)
	result := 0.0
	switch op {
	case "+":
		result = a + b
	case "-":
		result = a - b
	case "*":
		result = a * b
	case "/":
		if result = a / b; b == 0 {
			return x.broken(e, "%s is zero, nothing can be divided by it", e.label(2))
		}
	case "%":
		if result, ok = modulo(a, b); !ok {
			return x.broken(e, "%s is zero, nothing can be divided by it", e.label(2))
		}
	default:
		return x.broken(e, "%s is none of + - * / %%", e.label(1))
	}
	v, ok := floatValue(result)
	if !ok {
		return x.broken(e, "the result is too large")
	}
	return v
}

// wholeResult calculates with all digits, of which there may be 400.
func wholeResult(x *exec, e *expr, left, op, right string) value {
	if x.step((len(left) + len(right)) / 16); len(left) > 400 || len(right) > 400 {
		return x.broken(e, "the numbers are too large")
	}
	a, _ := new(big.Int).SetString(left, 10)
	b, _ := new(big.Int).SetString(right, 10)
	switch op {
	case "+":
		a.Add(a, b)
	case "-":
		a.Sub(a, b)
	default:
		a.Mul(a, b)
	}
	return value{kind: number, text: a.String()}
}

func modulo(a, b float64) (float64, bool) {
	if b == 0 || math.IsInf(a, 0) {
		return 0, false
	}
	return math.Mod(a, b), true
}
