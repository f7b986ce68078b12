package handlebars

import (
	"cmp"
	"encoding/json"
	"math/big"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersPrintAsJavaScriptDoes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "-0.0": "0", "0e5": "0", "1.0": "1", "1.50": "1.5", "100": "100", "1e2": "100", "1E+2": "100",
		"0.000001": "0.000001", "0.0000001": "1e-7", "1.5e-9": "1.5e-9", "123456789012345680000": "123456789012345680000",
		"1e21": "1e+21", "1.0E21": "1e+21", "1e20": "100000000000000000000", "123456789.123456789": "123456789.12345679",
		"0.1": "0.1", "-12.75": "-12.75", "0.30000000000000004": "0.30000000000000004", "5e-324": "5e-324", "1e400": "1e400",
		"9007199254740993": "9007199254740993", "-9007199254740993": "-9007199254740993",
	} {
		if got := string(appendNumber(nil, in)); got != want {
			t.Errorf("%s prints as %s, want %s", in, got, want)
		}
	}
}

// TestNumbersKeepTheirValue prints any float64 and reads it back.
func TestNumbersKeepTheirValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "f")
		raw, err := json.Marshal(f)
		if err != nil {
			t.Skip("no JSON number")
		}
		printed := string(appendNumber(nil, string(raw)))
		if back, err := strconv.ParseFloat(printed, 64); err != nil || back != f {
			t.Fatalf("%s prints as %s", raw, printed)
		}
		if end, err := skipNumber(printed+" ", 0); err != nil || end != len(printed) {
			t.Fatalf("%s is no JSON number", printed)
		}
	})
}

func TestComparingNumbers(t *testing.T) {
	t.Parallel()
	ascending := []string{"-1e400", "-10000000000000000000000", "-2", "-1.5", "0", "0.1", "1", "1.5", "2", "9007199254740993", "9007199254740994", "99999999999999999999", "1e300"}
	for i, a := range ascending {
		for j, b := range ascending {
			if got := compareNumbers(a, b); got != cmp.Compare(i, j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
	for a, b := range map[string]string{"1": "1.0", "100": "1e2", "0": "-0", "0.5": "5e-1"} {
		if compareNumbers(a, b) != 0 {
			t.Errorf("%s is not %s", a, b)
		}
	}
}

// Quotes in a number's picture, as Java's DecimalFormat has them.
func TestQuotesInNumberPictures(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		`0 'o''clock'`: "7 o'clock",
		`''0''`:        "'7'",
		`'#'0`:         "#7",
		`'No. 0'#`:     "No. 07",
		`0' ;#'`:       "7 ;#",
		`'¤'0 ¤`:       "¤7 $",
		`0'%'`:         "7%",
		`'%'''0%`:      "%'700%",
		`'a''''b'0`:    "a''b7",
	} {
		style, ok := styleOf(pattern, numberLocales["en_US"])
		got, written := style.format(big.NewRat(7, 1))
		if got != want || !ok || !written {
			t.Errorf("%s: %s %v %v, want %s", pattern, got, ok, written, want)
		}
	}
}
