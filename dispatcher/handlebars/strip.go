package handlebars

import (
	"strings"
	"unicode"
)

// strip removes the white space that tags ask to be removed with ~, and the lines on which
// a block tag or a comment stands alone.
func strip(source string, tokens []token) {
	for i := range tokens {
		t := &tokens[i]
		if t.kind == tokText {
			continue
		}
		if t.kind != tokPrint && aloneBefore(source, tokens, i) && aloneAfter(source, tokens, i) {
			dropLine(source, tokens, i)
		}
		if t.trimBefore && i > 0 {
			before := &tokens[i-1]
			before.end -= trailingSpace(source[before.start:before.end])
		}
		if t.trimAfter && i+1 < len(tokens) {
			after := &tokens[i+1]
			if after.kind == tokText {
				rest := source[after.start:after.end]
				after.start += len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace))
			}
		}
	}
}

// aloneBefore reports whether only blanks stand before tag i on its line.
func aloneBefore(source string, tokens []token, i int) bool {
	if i == 0 {
		return true
	}
	t := tokens[i-1]
	if t.kind != tokText {
		return false
	}
	s := source[t.from:t.to]
	blanks := strings.TrimRightFunc(s, func(r rune) bool { return r != '\n' && unicode.IsSpace(r) })
	return strings.HasSuffix(blanks, "\n") || blanks == "" && i == 1
}

// aloneAfter reports whether only blanks stand behind tag i on its line.
func aloneAfter(source string, tokens []token, i int) bool {
	if i+1 == len(tokens) {
		return true
	}
	t := tokens[i+1]
	if t.kind != tokText {
		return false
	}
	s := source[t.from:t.to]
	blanks := strings.TrimLeftFunc(s, func(r rune) bool { return r != '\n' && unicode.IsSpace(r) })
	return strings.HasPrefix(blanks, "\n") || blanks == "" && i+2 == len(tokens)
}

// dropLine removes the blanks around tag i and the line break behind it.
func dropLine(source string, tokens []token, i int) {
	if i > 0 {
		t := &tokens[i-1]
		t.end = t.start + len(strings.TrimRight(source[t.start:t.end], " \t"))
	}
	if i+1 < len(tokens) {
		t := &tokens[i+1]
		rest := strings.TrimLeft(source[t.start:t.end], " \t")
		rest = strings.TrimPrefix(rest, "\r")
		rest = strings.TrimPrefix(rest, "\n")
		t.start = t.end - len(rest)
	}
}

func trailingSpace(s string) int {
	return len(s) - len(strings.TrimRightFunc(s, unicode.IsSpace))
}
