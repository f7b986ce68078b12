package formtext

import (
	"net/url"
	"strings"
	"testing"
)

func FuzzAppend(f *testing.F) {
	for _, s := range []string{"", "a b", "*-._~", "ü\x00\xff", "a=b&c+d%41", "tok/en+1=="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := string(Append([]byte("x="), s))
		if want := "x=" + strings.NewReplacer("%2A", "*", "~", "%7E").Replace(url.QueryEscape(s)); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	})
}
