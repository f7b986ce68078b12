package dispatcher

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

// leastDerived is how long a form of a value must be to be looked for, unless the value is shorter itself.
const leastDerived = 4

// echoes finds values in a text that may hold them in another form.
type echoes struct {
	text  string
	plain unescaped
	cover []string // what is shown instead of each byte of text; "" shows the byte
}

// hideEchoes shows *** for the secrets and … for the user's data.
func hideEchoes(text string, secrets, personal []string) string {
	e := echoes{text, unescape(text), make([]string, len(text))}
	for _, value := range personal {
		e.hide(value, hidden)
	}
	for _, value := range secrets { // the last, so that what is both shows as a secret
		e.hide(value, schema.Masked)
	}
	return e.shown()
}

// hide covers a value in the text as it is and in the text as it was before it was encoded.
func (e *echoes) hide(value, with string) {
	for _, form := range forms(value) {
		each([]byte(e.text), form, func(start, end int) { e.put(start, end, with) })
		each(e.plain.text, form, func(start, end int) {
			for end < len(e.plain.text) && e.plain.from[end] == e.plain.from[end-1] {
				end++ // it ends inside of what one escape stands for
			}
			e.put(e.plain.from[start], e.plain.from[end], with)
		})
	}
}

func (e *echoes) put(start, end int, with string) {
	for i := start; i < end; i++ {
		e.cover[i] = with
	}
}

func (e *echoes) shown() string {
	var b strings.Builder
	for start := 0; start < len(e.text); {
		end := start + 1
		for end < len(e.text) && e.cover[end] == e.cover[start] {
			end++
		}
		if e.cover[start] == "" {
			b.WriteString(e.text[start:end])
		}
		b.WriteString(e.cover[start])
		start = end
	}
	return b.String()
}

// each calls f for every place of form in text, also for those that overlap.
func each(text, form []byte, f func(start, end int)) {
	for start := 0; ; start++ {
		at := bytes.Index(text[start:], form)
		if at < 0 {
			return
		}
		start += at
		f(start, start+len(form))
	}
}

// forms are a value as it is, in base64, without its padding and, as a basic token's user:password, out of
// base64; each also as the unescaped text of an answer has it.
func forms(value string) [][]byte {
	if value == "" {
		return nil
	}
	all := [][]byte{[]byte(value)}
	add := func(form []byte) {
		if len(form) >= min(leastDerived, len(value)) {
			all = append(all, form)
		}
	}
	if len(value) >= leastDerived {
		add([]byte(strings.TrimRight(value, "=")))
		add([]byte(base64.RawStdEncoding.EncodeToString([]byte(value))))
	}
	if decoded, err := base64.StdEncoding.DecodeString(value); err == nil && len(decoded) >= 6 {
		add(decoded)
	}
	for _, form := range all[:len(all):len(all)] {
		if plain := unescape(string(form)).text; !bytes.Equal(plain, form) {
			add(plain)
		}
	}
	return all
}
