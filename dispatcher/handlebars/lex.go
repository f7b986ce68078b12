package handlebars

import (
	"strings"
	"unicode/utf8"
)

type termKind uint8

const (
	termPath   termKind = iota // a.b, ../a, @index, this
	termText                   // "a", 'a'
	termNumber                 // 1, -2.5
	termWord                   // true, false, null, undefined
	termOpen                   // (
	termClose                  // )
	termKey                    // the name= of a named argument
	termParams                 // as |a b|
)

// term is one word of an expression.
type term struct {
	kind     termKind
	at       int    // where it starts in the source
	source   string // as it was written
	text     string // decoded
	up       int    // how many ../ a path starts with
	data     bool   // a path that starts with @
	scoped   bool   // a path that starts with this, ./ or ../
	segments []string
	names    []string // of block parameters
}

// lexer reads the terms of one expression.
type lexer struct {
	source string
	i, end int
	terms  []term
}

const notInNames = " \n\t\r\f\v!\"#%&'()*+,./;<=>@[\\]^`{|}~"

// lex splits source[start:end] into terms.
func lex(source string, start, end int) ([]term, *SyntaxError) {
	l := lexer{source: source, i: start, end: end}
	for {
		for l.i < l.end && isSpace(source[l.i]) {
			l.i++
		}
		if l.i == l.end {
			return l.terms, nil
		}
		if err := l.term(); err != nil {
			return nil, err
		}
	}
}

func (l *lexer) term() *SyntaxError {
	rest := l.source[l.i:l.end]
	switch c := rest[0]; {
	case c == '(':
		l.add(term{kind: termOpen}, 1)
		return nil
	case c == ')':
		l.add(term{kind: termClose}, 1)
		return nil
	case c == '"' || c == '\'':
		return l.quoted()
	case c == '@' || c == '.' || c == '[':
		return l.path()
	}
	if size := numberSize(rest); size > 0 {
		l.add(term{kind: termNumber, text: numberLiteral(rest[:size])}, size)
		return nil
	}
	size := nameSize(rest)
	if size == 0 {
		return l.fault(l.i, "unexpected %s: a name with special characters is written in brackets, as in [my-field!]", firstRune(rest))
	}
	word := rest[:size]
	if strings.HasPrefix(rest[size:], "=") {
		l.add(term{kind: termKey, text: word}, size+1)
		return nil
	}
	if word == "as" && strings.HasPrefix(strings.TrimLeft(rest[size:], " \t\r\n"), "|") {
		return l.params()
	}
	if next := rest[size:]; next == "" || next[0] != '.' && next[0] != '/' {
		switch word {
		case "true", "false", "null", "undefined":
			l.add(term{kind: termWord, text: word}, size)
			return nil
		}
	}
	return l.path()
}

func (l *lexer) add(t term, size int) {
	t.at, t.source = l.i, l.source[l.i:l.i+size]
	l.i += size
	l.terms = append(l.terms, t)
}

func (l *lexer) fault(at int, format string, args ...any) *SyntaxError {
	return syntaxError(l.source, at, format, args...)
}

func (l *lexer) quoted() *SyntaxError {
	end := stringEnd(l.source[:l.end], l.i)
	if end == 0 {
		return l.fault(l.i, "the quoted text is not closed")
	}
	quote := l.source[l.i : l.i+1]
	s := strings.ReplaceAll(l.source[l.i+1:end-1], `\`+quote, quote)
	l.add(term{kind: termText, text: s}, end-l.i)
	return nil
}

// path reads a.b/c.[d e].0, with ../, ./, this or @ before it.
func (l *lexer) path() *SyntaxError {
	t, i := term{kind: termPath}, l.i
	if l.source[i] == '@' {
		t.data = true
		i++
	}
	for {
		rest := l.source[i:l.end]
		size, name, quoted := segment(rest)
		if size == 0 {
			return l.fault(l.i, "the path %s is not complete: a name is missing in it", l.source[l.i:max(i, l.i+1)])
		}
		switch {
		case !quoted && (name == "." || name == ".." || name == "this"):
			if len(t.segments) > 0 {
				return l.fault(l.i, "invalid path: %s can only stand at the start", name)
			}
			t.scoped = true
			if name == ".." {
				t.up++
			}
		default:
			t.segments = append(t.segments, name)
		}
		i += size
		if i == l.end || l.source[i] != '.' && l.source[i] != '/' {
			break
		}
		i++
	}
	if i < l.end && strings.IndexByte(" \t\r\n\f\v)|", l.source[i]) < 0 {
		return l.fault(i, "unexpected %s: a name with special characters is written in brackets, as in [my-field!]", firstRune(l.source[i:l.end]))
	}
	l.add(t, i-l.i)
	return nil
}

// segment reads one step of a path: its size in the source, its name, and whether it was
// written in brackets.
func segment(s string) (size int, name string, bracketed bool) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return 0, "", false
		}
		return end + 1, s[1:end], true
	}
	for _, dots := range [...]string{"..", "."} {
		if strings.HasPrefix(s, dots) && (len(s) == len(dots) || nameSize(s[len(dots):]) == 0 && s[len(dots)] != '[' && s[len(dots)] != '.') {
			return len(dots), dots, false
		}
	}
	size = nameSize(s)
	return size, s[:size], false
}

// params reads as |a b|.
func (l *lexer) params() *SyntaxError {
	rest := l.source[l.i:l.end]
	open := strings.IndexByte(rest, '|')
	length := strings.IndexByte(rest[open+1:], '|')
	if length < 0 {
		return l.fault(l.i, "the names after as are not closed: | is missing")
	}
	names := strings.Fields(rest[open+1 : open+1+length])
	for _, name := range names {
		if nameSize(name) != len(name) {
			return l.fault(l.i, "%s can't be a name in as |…|", name)
		}
	}
	if len(names) == 0 || len(names) > 2 {
		return l.fault(l.i, "as |…| takes one or two names")
	}
	l.add(term{kind: termParams, names: names}, open+length+2)
	return nil
}

// numberSize is the length of the number s starts with, 0 if it is a name or no number.
func numberSize(s string) int {
	i := 0
	digits := func() bool {
		start := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > start
	}
	if s[0] == '-' {
		i++
	}
	if !digits() {
		return 0
	}
	if i < len(s) && s[i] == '.' {
		if i++; !digits() {
			return 0
		}
	}
	if i < len(s) && !isSpace(s[i]) && s[i] != ')' {
		return 0
	}
	return i
}

func nameSize(s string) int {
	if i := strings.IndexAny(s, notInNames); i >= 0 {
		return i
	}
	return len(s)
}

func firstRune(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}
