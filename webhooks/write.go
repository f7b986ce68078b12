package webhooks

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"github.com/journeyhook/journeyhook/schema"
)

// WriteYAML writes definitions as a file that can be read again. Secrets are ***.
func WriteYAML(all ...*schema.Webhook) ([]byte, error) {
	var out strings.Builder
	for i, w := range all {
		if i > 0 {
			out.WriteString("---\n")
		}
		data, err := yaml.MarshalWithOptions(w, yaml.IndentSequence(true),
			yaml.CustomMarshaler(writeText),
			yaml.CustomMarshaler(func(v schema.Value) ([]byte, error) { return writeText(v.String()) }))
		if err != nil {
			return nil, fmt.Errorf("webhooks: write %s as YAML: %w", w.Key(), err)
		}
		out.Write(data)
	}
	return []byte(out.String()), nil
}

// bare is text that needs no quotes: a word that YAML has no other meaning for, or a URL.
var bare = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_./-]*|https?://[A-Za-z0-9_./?=&-]*)$`)

// writeText quotes what YAML's other ways of writing would not give back byte for byte.
func writeText(s string) ([]byte, error) {
	switch {
	case bare.MatchString(s) && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(s)):
		return []byte(s), nil
	case !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) && utf8.ValidString(s):
		return []byte("'" + strings.ReplaceAll(s, "'", "''") + "'"), nil
	}
	return json.Marshal(s)
}
