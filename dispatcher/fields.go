package dispatcher

import (
	"bytes"
	"encoding/json"

	"github.com/journeyhook/journeyhook/dispatcher/handlebars"
	"github.com/journeyhook/journeyhook/internal/charset"
	"github.com/journeyhook/journeyhook/internal/jsontext"
)

// maxFieldsDepth is how deep a profile answer may nest (C24).
const maxFieldsDepth = 32

// fieldsFault is a profile answer that can't be saved; again when it is retried like a timeout.
type fieldsFault struct {
	again  bool
	detail string
}

// readFields reads a profile tile's answer: the object's top-level members but email and userId,
// which are listed as ignored (B38, C24). The fields are UTF-8, whatever the answer was (C51).
func readFields(contentType string, body []byte) (fields json.RawMessage, ignored []string, fault *fieldsFault) {
	if len(body) > maxFieldsBytes {
		return nil, nil, &fieldsFault{false, "the answer is larger than 256 KiB"}
	}
	body, err := charset.ToUTF8(contentType, body)
	switch {
	case err != nil:
		return nil, nil, &fieldsFault{true, "the answer " + err.Error() + "; answer in UTF-8, or declare the charset in Content-Type"}
	case !valid(body):
		return nil, nil, &fieldsFault{true, "the answer is not JSON"}
	case jsontext.Unpaired(body) >= 0: // subscribers would store something else, or fail
		return nil, nil, &fieldsFault{true, `the answer has half of a surrogate pair, like \ud800, which is no character`}
	}
	if depth(body) > maxFieldsDepth {
		return nil, nil, &fieldsFault{false, "the answer nests deeper than 32"}
	}
	if body = bytes.TrimSpace(body); body[0] != '{' {
		return nil, nil, &fieldsFault{false, "the answer is JSON, but not an object"}
	}
	object, err := handlebars.ParseObject(body)
	if err != nil {
		return nil, nil, &fieldsFault{false, "the answer can't be read: " + err.Error()}
	}
	m := merger{out: []byte{'{'}}
	for key, value := range object.All() {
		if key == "email" || key == "userId" {
			ignored = append(ignored, key)
			continue
		}
		m.addNew(key, value)
	}
	return append(m.out, '}'), ignored, nil
}

// validDepth is how deep a text may nest that is given to [json.Valid], which takes those beyond 10,000 for no JSON.
const validDepth = 5000

// valid reports whether a text is JSON, however deep it nests. What nests too deep is looked at by itself, and
// an empty list stands for it in what is around it.
func valid(body []byte) bool {
	if json.Valid(body) {
		return true
	}
	if depth(body) <= validDepth {
		return false
	}
	var starts []int // in text, of what is looked at by itself and is not closed yet
	text, done := make([]byte, 0, len(body)), 0
	eachBracket(body, func(at, level int, opens bool) {
		text, done = append(text, body[done:at+1]...), at+1
		switch {
		case level <= 0 || level%validDepth != 0:
		case opens:
			starts = append(starts, len(text)-1)
		default:
			last := len(starts) - 1
			if start := starts[last]; json.Valid(text[start:]) {
				text = append(text[:start], "[]"...)
			} // else it stays, and what is around it is no JSON either
			starts = starts[:last]
		}
	})
	return json.Valid(append(text, body[done:]...))
}

// depth is how deep brackets nest outside of strings.
func depth(body []byte) int {
	deepest := 0
	eachBracket(body, func(_, level int, _ bool) { deepest = max(deepest, level) })
	return deepest
}

// eachBracket calls f for the brackets outside of strings with their level, the outermost being 1.
func eachBracket(body []byte, f func(at, level int, opens bool)) {
	level, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			level++
			f(i, level, true)
		case c == '}' || c == ']':
			f(i, level, false)
			level--
		}
	}
}
