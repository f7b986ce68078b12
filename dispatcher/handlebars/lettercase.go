package handlebars

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// Letter case is Unicode's full mapping, in which one letter may become several (ß, SS) and another form stands at the end
// of a word (ς). No language has rules of its own. Text without such letters, as most is, takes the short way.

func upper(s string) string {
	if !strings.ContainsFunc(s, becomesSeveral) {
		return strings.ToUpper(s)
	}
	return cases.Upper(language.Und).String(s)
}

func lower(s string) string {
	if !strings.ContainsAny(s, "Σİ") {
		return strings.ToLower(s)
	}
	return cases.Lower(language.Und).String(s)
}

// title is one letter as the first of a word.
func title(letter rune) string {
	if !becomesSeveral(letter) {
		return string(unicode.ToTitle(letter))
	}
	return titles()[letter]
}

// titles are the letters that may become several, as the first of a word.
var titles = sync.OnceValue(func() map[rune]string {
	all := map[rune]string{}
	caser := cases.Title(language.Und, cases.NoLower)
	for r := rune(utf8.RuneSelf); r <= 0xFB17; r++ {
		if becomesSeveral(r) {
			all[r] = caser.String(string(r))
		}
	}
	return all
})

// becomesSeveral reports whether a letter may become several as a capital: those of Unicode's SpecialCasing.
func becomesSeveral(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return false
	case r < 0x1E96:
		return r == 'ß' || r == 'ŉ' || r == 'ǰ' || r == 'ΐ' || r == 'ΰ' || r == 'և'
	case r <= 0x1FFC:
		return r <= 0x1E9A || r >= 0x1F50
	}
	return r >= 0xFB00 && r <= 0xFB17
}
