package dispatcher

import (
	"slices"
	"strings"

	"github.com/journeyhook/journeyhook/internal/redact"
	"github.com/journeyhook/journeyhook/schema"
)

// leastFixed is how long a piece of a secret header's template must be to be told from ordinary text.
const leastFixed = 8

// fixedSecrets lists what is secret for every step: the credentials and signing secrets, and of the secret headers
// with expressions the text around these. The headers' own values are only known when they are rendered.
func fixedSecrets(w *schema.Webhook) []string {
	var all []string
	for path, s := range w.Secrets() {
		if !strings.HasPrefix(path, "headers.") {
			all = append(all, s.Reveal())
			continue
		}
		if pieces := betweenTags(s.Reveal()); len(pieces) > 1 {
			for _, piece := range pieces {
				all = appendSecret(all, strings.TrimSpace(piece), leastFixed)
			}
		}
	}
	return all
}

// secrets lists what must not be shown of this request (C37). It is only asked for failures and previews.
func (r *request) secrets() []string {
	all := slices.Concat(r.plan.secrets, r.tokens)
	for _, h := range r.plan.headers {
		if !h.secret {
			continue
		}
		for _, value := range r.header[h.name] {
			value = strings.TrimSpace(value) // as it is on the wire
			all = appendSecret(all, value, min(len(value), redact.LeastDerived))
		}
	}
	return all
}

// appendSecret appends a header's value, and the credentials that may stand behind the name of a scheme, as in
// Bearer or Basic, unless they are shorter than least.
func appendSecret(all []string, value string, least int) []string {
	_, credentials, _ := strings.Cut(value, " ")
	for _, text := range []string{value, strings.TrimSpace(credentials)} {
		if len(text) >= least {
			all = append(all, text)
		}
	}
	return all
}
