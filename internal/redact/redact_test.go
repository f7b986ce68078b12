package redact

import (
	"slices"
	"strings"
	"testing"
)

func FuzzHide(f *testing.F) {
	f.Add(`{"a":"\u0061bcd\/%61&amp;&#97;\ud83d\ude00+\\\"","abcd":1}`, "abcd", false)
	f.Add("abc\xc3\xbc%c3%bc\\u00", "abcdefgh", true)
	f.Fuzz(func(t *testing.T, text, value string, cut bool) {
		u := unescape(text)
		if len(u.from) != len(u.text)+1 || int(u.from[len(u.text)]) != len(text) || !slices.IsSorted(u.from) {
			t.Fatalf("%q: %d bytes from %v", text, len(u.text), u.from)
		}
		shown, ok := Hide(text, cut, []string{value}, nil)
		if letters := strings.Trim(value, "abcdefghijklmnopqrstuvwxyz") == ""; !ok || letters && value != "" && strings.Contains(shown, value) {
			t.Errorf("%q shows %q: %q", text, value, shown)
		}
	})
}
