package dispatcher

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

// maxSnippetBytes is how much of a body the attempt log shows.
const maxSnippetBytes = 1 << 10

// hidden is what stands in an answer for the user's data.
const hidden = "…"

// snippet is the start of a body with every secret masked and the user's data hidden, also in the forms
// an endpoint is likely to echo them in (C37).
func snippet(body []byte, secrets, personal []string) string {
	text := strings.ToValidUTF8(string(body), "\uFFFD")
	text = replaceEchoes(text, secrets, schema.Masked)
	text = replaceEchoes(text, personal, hidden)
	if len(text) > maxSnippetBytes {
		text = strings.ToValidUTF8(text[:maxSnippetBytes], "")
	}
	return text
}

// replaceEchoes replaces the longest first, so that no part of one is left.
func replaceEchoes(text string, all []string, with string) string {
	var forms []string
	for _, s := range all {
		forms = append(forms, echoes(s)...)
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for _, f := range slices.Compact(forms) { // most look alike however they are written
		text = strings.ReplaceAll(text, f, with)
	}
	return text
}

func echoes(secret string) []string {
	if secret == "" {
		return nil
	}
	quoted, _ := json.Marshal(secret)
	out := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`)}
	if encoded := base64.StdEncoding.EncodeToString([]byte(secret)); len(secret) >= 4 {
		out = append(out, encoded, strings.TrimRight(encoded, "="), strings.TrimRight(secret, "="))
	}
	if decoded, err := base64.StdEncoding.DecodeString(secret); err == nil && len(decoded) >= 6 {
		out = append(out, string(decoded)) // a basic token's user:password
	}
	return out
}
