package handlebars

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/rangetable"
	"pgregory.net/rapid"
)

func TestLetterCase(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`{{upper "straße"}}`:                     "STRASSE",
		`{{upper "ﬁn ŉ ΐ ǰ éÀ ǆ"}}`:              "FIN ʼN \u0399\u0308\u0301 J\u030c ÉÀ Ǆ",
		`{{upper "istanbul ı"}}`:                 "ISTANBUL I",
		`{{upper "plain o'brien 1"}}`:            "PLAIN O'BRIEN 1",
		`{{lower "ΟΔΟΣ"}}`:                       "οδος",
		`{{lower "ΟΔΟΣ ΣΟΦΟΣ, Σ ΑΣ. ΑΣ'Α"}}`:     "οδος σοφος, σ ας. ασ'α",
		`{{lower "STRASSE ẞ ÀÉ ISTANBUL"}}`:      "strasse ß àé istanbul",
		`{{lower "İ"}}`:                          "i̇",
		`{{lower "ǅ"}}`:                          "ǆ",
		`{{capitalize "ßa ǆul ﬁne éa o'brien"}}`: "Ssa ǅul Fine Éa O'brien",
		`{{capitalize "ΟΔΟΣ ΣΟΦΟΣ" fully=true}}`: "Οδος Σοφος",
		`{{capitalize "ŒUVRE new" fully=true}}`:  "Œuvre New",
		`{{capitalize " a  b"}}`:                 " A  B",
		`{{capitalizeFirst "ǆul ǆul"}}`:          "ǅul ǆul",
		`{{capitalizeFirst "ßa"}}`:               "Ssa",
		`{{capitalizeFirst "éA"}}`:               "ÉA",
		`{{capitalizeFirst ""}}|`:                "|",
		`{{capitalizeFirst "😀a"}}`:               "😀a",
		`{{slugify "ΟΔΟΣ Éa 1"}}`:                "οδος-éa-",
		`{{upper (lower "Straße ΣΑΣ")}}`:         "STRASSE ΣΑΣ",
	} {
		out, _, err := compiled(t, source, Form).Execute(nil, eventData(t, "{}"))
		if string(out) != want || err != nil {
			t.Errorf("%s: %q %v, want %q", source, out, err, want)
		}
	}
}

// Where no letter becomes several, letter case is what it was: each letter's own.
func TestLetterCaseOfOtherText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := strings.Map(func(c rune) rune {
			if strings.ContainsRune("ßŉǰẖẗẘẙẚİıſẞ", c) || c >= 'ﬀ' && c <= 'ﬗ' {
				return -1
			}
			return c
		}, rapid.StringOf(rapid.RuneFrom(nil, unicode.Latin, unicode.Cyrillic, unicode.Han, unicode.White_Space)).Draw(r, "s"))
		if got := upper(s); got != strings.ToUpper(s) {
			r.Errorf("upper %q: %q", s, got)
		}
		if got := lower(s); got != strings.ToLower(s) {
			r.Errorf("lower %q: %q", s, got)
		}
	})
}

// The letters that are looked for are all that the full mapping treats otherwise.
func TestLettersThatBecomeSeveral(t *testing.T) {
	t.Parallel()
	capitals, small := cases.Upper(language.Und), cases.Lower(language.Und)
	for _, table := range []*unicode.RangeTable{unicode.Letter, unicode.Mark, unicode.Nl, unicode.So} {
		rangetable.Visit(table, func(r rune) {
			if s := string(r); capitals.String(s) != strings.ToUpper(s) && !becomesSeveral(r) || small.String(s) != strings.ToLower(s) && r != 'İ' {
				t.Errorf("%U: %q %q", r, capitals.String(s), small.String(s))
			}
		})
	}
}

func BenchmarkLetterCase(b *testing.B) {
	for name, s := range map[string]string{"ASCII": "pat.o'brien@Example.com", "umlauts": "Zoë Müller", "a sharp s, a megabyte": strings.Repeat("ß", 1<<19)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				upper(s)
			}
		})
	}
}
