package dispatcher

import (
	"strings"

	"github.com/journeyhook/journeyhook/internal/redact"
)

// maxSnippetBytes is how much of a body the attempt log shows.
const maxSnippetBytes = 1 << 10

// notShown stands for an answer in which there is too much to look for.
const notShown = "(not shown: it is like the user's data in too many places)"

// snippet is the start of a body with every secret masked and the user's data hidden, also in the forms
// an endpoint is likely to echo them in (C37). cut says that the body went on.
func snippet(body []byte, cut bool, secrets, personal []string) string {
	if len(body) > maxEchoBytes {
		body, cut = body[:maxEchoBytes], true
	}
	text := strings.ToValidUTF8(string(body), "\uFFFD")
	if cut {
		text = strings.TrimRight(text, "\uFFFD") // perhaps half a character
	}
	text, ok := redact.Hide(text, cut, secrets, personal)
	if !ok {
		return notShown
	}
	return strings.ToValidUTF8(text[:min(len(text), maxSnippetBytes)], "")
}
