package dispatcher

import "strings"

// maxSnippetBytes is how much of a body the attempt log shows.
const maxSnippetBytes = 1 << 10

// hidden is what stands in an answer for the user's data.
const hidden = "…"

// snippet is the start of a body with every secret masked and the user's data hidden, also in the forms
// an endpoint is likely to echo them in (C37).
func snippet(body []byte, secrets, personal []string) string {
	text := hideEchoes(strings.ToValidUTF8(string(body), "\uFFFD"), secrets, personal)
	if len(text) > maxSnippetBytes {
		text = strings.ToValidUTF8(text[:maxSnippetBytes], "")
	}
	return text
}
