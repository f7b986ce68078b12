package jsontext

import "testing"

func TestUnpaired(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		`"plain é"`:                   -1,
		`"\ud83d\ude00"`:              -1,
		`"\uD83D\uDE00"`:              -1,
		`"\\ud83d"`:                   -1,
		`"\\\\ud83d \"\ud7ff\ue000"`:  -1,
		`"\ud83d"`:                    1,
		`"\uDC00\uD800"`:              1,
		`"\\\ud83d"`:                  3,
		`"\ud83d\ud83d\ude00"`:        1,
		`"\ud83d\ude00\ude00"`:        13,
		`"\ud83d \ude00"`:             1,
		`"\ud83d\n"`:                  1,
		`{"\udBff":1}`:                2,
		`["\ud83d\ude00","x\uDFFFy"]`: 18,
		`"\ud83`:                      -1, // no JSON
	} {
		if got := Unpaired(text); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}
