package dispatcher

import (
	"bytes"
	"encoding/json"

	"github.com/journeyhook/journeyhook/dispatcher/handlebars"
)

// maxFieldsDepth is how deep a profile answer may nest (C24).
const maxFieldsDepth = 32

// fieldsFault is a profile answer that can't be saved; again when it is retried like a timeout.
type fieldsFault struct {
	again  bool
	detail string
}

// readFields reads a profile tile's answer: the object's top-level members but email and userId,
// which are listed as ignored (B38, C24).
func readFields(body []byte) (fields json.RawMessage, ignored []string, fault *fieldsFault) {
	if len(body) > maxFieldsBytes {
		return nil, nil, &fieldsFault{false, "the answer is larger than 256 KiB"}
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if !json.Valid(body) {
		return nil, nil, &fieldsFault{true, "the answer is not JSON"}
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

// depth is how deep brackets nest outside of strings.
func depth(body []byte) int {
	deepest, now, inString := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}
