package handlebars

import (
	"errors"
	"fmt"
	"strings"

	"github.com/journeyhook/journeyhook/internal/jsontext"
)

var errDepth = fmt.Errorf("JSON is nested deeper than %d levels", maxDepth)

var (
	errNotObject = errors.New("JSON that is not an object")
	errNotUTF8   = errors.New("JSON that is not UTF-8")
)

type jsonFault = jsontext.Fault

func skipSpace(s string, i int) int { return jsontext.Space(s, i) }

// skipValue checks the JSON value that starts at s[i], inside so many levels, and returns where it ends.
func skipValue(s string, i, depth int) (int, error) {
	end, err := jsontext.Value(s, i, max(maxDepth-depth, 0))
	if errors.Is(err, jsontext.ErrDepth) {
		return end, errDepth
	}
	return end, err
}

// skipKey checks a key and its colon and returns where the value starts.
func skipKey(s string, i int) (int, error) {
	_, value, err := jsontext.Key(s, i)
	return value, err
}

func skipString(s string, i int) (int, error) { return jsontext.String(s, i) }

// escapeSize is the length of the escape sequence s starts with, 0 if it is none.
func escapeSize(s string) int {
	if len(s) < 2 {
		return 0
	}
	if strings.IndexByte(`"\/bfnrt`, s[1]) >= 0 {
		return 2
	}
	if _, ok := hex4(s); ok {
		return 6
	}
	return 0
}

func skipNumber(s string, i int) (int, error) { return jsontext.Number(s, i) }
