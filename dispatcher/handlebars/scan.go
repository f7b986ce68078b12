package handlebars

import "strings"

type tokenKind uint8

const (
	tokText    tokenKind = iota
	tokPrint             // {{x}}, {{{x}}}, {{&x}}
	tokOpen              // {{#x}}
	tokInverse           // {{^x}}
	tokElse              // {{else}}, {{^}}, {{else if x}}
	tokClose             // {{/x}}
	tokComment
)

// token is a run of text or one tag of a template.
type token struct {
	kind                  tokenKind
	start, end            int // text: what is left of it after stripping; tag: what its expression covers
	at                    int // where the whole of it starts
	from, to              int // text: what it was before stripping
	raw                   bool
	trimBefore, trimAfter bool
}

// scanner cuts a template into text and tags. It knows the ends of tags by reading the
// expressions in them, so a string in an expression may contain braces.
type scanner struct {
	source string
	tokens []token
}

func (s *scanner) scan() *SyntaxError {
	src, textStart := s.source, 0
	for i := 0; ; {
		at := strings.Index(src[i:], "{{")
		if at < 0 {
			s.text(textStart, len(src))
			return nil
		}
		at += i
		if escaped := at > textStart && src[at-1] == '\\'; escaped {
			s.text(textStart, at-1) // the last backslash is gone either way
			textStart = at
			if at < 2 || src[at-2] != '\\' {
				for i = at; i < len(src) && src[i] == '{'; i++ {
				}
				continue // what looks like a tag is text
			}
		}
		at = s.tagStart(at)
		s.text(textStart, at)
		end, err := s.tag(at)
		if err != nil {
			return err
		}
		textStart, i = end, end
	}
}

func (s *scanner) text(from, to int) {
	if from < to {
		s.tokens = append(s.tokens, token{kind: tokText, at: from, start: from, end: to, from: from, to: to})
	}
}

// tagStart finds where in a run of braces the tag begins: before #, /, ^ and ! it is the
// last two of them, so that {"a":{{{#if x}} is an opening brace and a tag.
func (s *scanner) tagStart(at int) int {
	end := at
	for end < len(s.source) && s.source[end] == '{' {
		end++
	}
	next := strings.TrimPrefix(s.source[end:], "~")
	if next != "" && strings.IndexByte("#/^!", next[0]) >= 0 {
		return end - 2
	}
	return at
}

// tag reads the tag at offset at and returns the offset behind it.
func (s *scanner) tag(at int) (int, *SyntaxError) {
	src, i := s.source, at+2
	t := token{kind: tokPrint, at: at}
	closer := "}}"
	if strings.HasPrefix(src[i:], "{{") {
		return 0, syntaxError(src, at, "raw blocks {{{{…}}}} are not supported")
	}
	if i < len(src) && src[i] == '~' {
		t.trimBefore = true
		i++
	}
	if i == len(src) {
		return 0, syntaxError(src, at, "the tag is not closed: }} is missing")
	}
	switch src[i] {
	case '!':
		return s.comment(t, i)
	case '{':
		t.raw, closer = true, "}}}"
		i++
	case '&':
		t.raw = true
		i++
	case '#':
		t.kind = tokOpen
		i++
	case '^':
		t.kind = tokInverse
		i++
	case '/':
		t.kind = tokClose
		i++
	case '>':
		return 0, syntaxError(src, at, "partials {{> …}} are not supported: write their text out")
	}
	if t.kind == tokOpen && (strings.HasPrefix(src[i:], ">") || strings.HasPrefix(src[i:], "*")) {
		return 0, syntaxError(src, at, "partials and decorators are not supported: write their text out")
	}
	if t.kind == tokPrint && strings.HasPrefix(src[i:], "*") {
		return 0, syntaxError(src, at, "decorators {{* …}} are not supported")
	}
	return s.close(t, i, closer)
}

// close finds the end of a tag whose expression starts at i.
func (s *scanner) close(t token, i int, closer string) (int, *SyntaxError) {
	src := s.source
	end := tagEnd(src, i)
	t.start, t.end = i, end
	if end < len(src) && src[end] == '~' && closer == "}}" {
		t.trimAfter = true
		end++
	}
	if closer == "}}}" && strings.HasPrefix(src[end:], "}~}}") {
		t.trimAfter = true
		end += 4
	} else if strings.HasPrefix(src[end:], closer) {
		end += len(closer)
	} else {
		return 0, s.unclosed(t, end, closer)
	}
	s.classify(&t)
	s.tokens = append(s.tokens, t)
	return end, nil
}

func (s *scanner) unclosed(t token, end int, closer string) *SyntaxError {
	if end < len(s.source) && s.source[end] == '}' && closer == "}}}" {
		return syntaxError(s.source, t.at, "the tag is opened with {{{ and must be closed with }}}")
	}
	return syntaxError(s.source, t.at, "the tag is not closed: %s is missing", closer)
}

// classify tells {{else …}} and {{^}} from expressions and opening tags.
func (s *scanner) classify(t *token) {
	body := strings.TrimSpace(s.source[t.start:t.end])
	switch {
	case t.kind == tokInverse && body == "":
		t.kind = tokElse
	case t.kind == tokPrint && !t.raw && (body == "else" || strings.HasPrefix(body, "else") && isSpace(body[4])):
		t.kind = tokElse
		t.start += strings.Index(s.source[t.start:t.end], "else") + len("else")
	}
}

// tagEnd is where the closing braces of a tag begin, or the end of src. Strings and
// [bracketed names] are stepped over.
func tagEnd(src string, i int) int {
	for i < len(src) {
		switch c := src[i]; c {
		case '"', '\'':
			if end := stringEnd(src, i); end > 0 {
				i = end
				continue
			}
		case '[':
			if end := strings.IndexByte(src[i:], ']'); end > 0 {
				i += end
			}
		case '}':
			return i
		case '~':
			if strings.HasPrefix(src[i:], "~}}") {
				return i
			}
		}
		i++
	}
	return i
}

// stringEnd is the offset behind the quoted string at i, 0 if it has no end.
func stringEnd(src string, i int) int {
	quote := src[i]
	for i++; i < len(src); i++ {
		switch src[i] {
		case '\\':
			if i+1 < len(src) && src[i+1] == quote {
				i++
			}
		case quote:
			return i + 1
		}
	}
	return 0
}

// comment reads {{! … }} or {{!-- … --}}; i is at the exclamation mark.
func (s *scanner) comment(t token, i int) (int, *SyntaxError) {
	src := s.source
	t.kind = tokComment
	ends := []string{"}}", "~}}"}
	if strings.HasPrefix(src[i:], "!--") {
		ends = []string{"--}}", "--~}}"}
	}
	plainEnd, trimEnd := strings.Index(src[i:], ends[0]), strings.Index(src[i:], ends[1])
	if plainEnd < 0 && trimEnd < 0 {
		return 0, syntaxError(src, t.at, "the comment is not closed: %s is missing", ends[0])
	}
	end := i + plainEnd + len(ends[0])
	if trimEnd >= 0 && (plainEnd < 0 || trimEnd < plainEnd) {
		t.trimAfter = true
		end = i + trimEnd + len(ends[1])
	}
	s.tokens = append(s.tokens, t)
	return end, nil
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'
}
