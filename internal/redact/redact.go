// Package redact hides values in a text that may hold them in another form.
//
// What is found is covered whole, also where the text is cut off in the middle of it (C37).
package redact

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/journeyhook/journeyhook/schema"
)

// Hidden is what stands in a text for a person's data.
const Hidden = "…"

// LeastDerived is how long a form of a value must be to be looked for, unless the value is shorter itself.
const LeastDerived = 4

// maxCost bounds the looking for one text to some ten milliseconds.
const maxCost = 1 << 21

// echoes finds values in a text that may hold them in another form. What it does for each value depends on
// the value's length and on how often its first bytes are there; [maxCost] bounds all of it, since a user's data and an
// endpoint's answer can be made to be alike in many places.
type echoes struct {
	text              string
	plain             unescaped
	asItIs, asItWas   *places
	secrets, personal cover
}

// Hide shows *** for the secrets and … for the user's data. Where the text was cut off, so is what may be
// the start of one. It gives up when looking for the user's data costs too much; the webhook's secrets are few.
func Hide(text string, cut bool, secrets, personal []string) (shown string, ok bool) {
	e := echoes{text: text, plain: unescape(text)}
	if cut {
		e.plain.dropOpenEscape()
		e.text = text[:e.plain.from[len(e.plain.text)]]
	}
	e.asItIs, e.asItWas = newPlaces([]byte(e.text), cut), newPlaces(e.plain.text, cut)
	e.secrets, e.personal = make(cover, len(e.text)+1), make(cover, len(e.text)+1)
	for _, value := range personal {
		if e.hide(value, e.personal); e.asItIs.cost+e.asItWas.cost > maxCost {
			return "", false
		}
	}
	for _, value := range secrets {
		e.hide(value, e.secrets)
	}
	end := len(e.text)
	if cut { // fewer than four bytes may be the start of anything
		end = int(e.plain.from[max(0, len(e.plain.text)-gram+1)])
	}
	return e.shown(end), true
}

// hide covers a value as it is, in base64, without its padding and, as a basic token's user:password, out of
// base64, the password also by itself.
func (e *echoes) hide(value string, with cover) {
	const longestEscape = len(`\u0041`)
	value = value[:min(len(value), longestEscape*(len(e.text)+1))] // of more, no form fits into the text
	if value == "" {
		return
	}
	e.look([]byte(value), with)
	least := min(LeastDerived, len(value))
	look := func(form []byte) {
		if len(form) >= least {
			e.look(form, with)
		}
	}
	if len(value) >= LeastDerived {
		look(base64.RawStdEncoding.AppendEncode(nil, []byte(value)))
		if trimmed := strings.TrimRight(value, "="); trimmed != value {
			look([]byte(trimmed))
		}
	}
	if decoded, err := base64.StdEncoding.DecodeString(value); err == nil && len(decoded) >= 6 && utf8.Valid(decoded) {
		look(decoded)
		if _, password, ok := bytes.Cut(decoded, []byte(":")); ok && len(password) >= LeastDerived {
			look(password)
		}
	}
}

// look covers one form in the text as it is and in the text as it was before it was encoded.
func (e *echoes) look(form []byte, with cover) {
	e.asItIs.each(form, with.put)
	if bytes.ContainsAny(form, escapes+"+") {
		plain := unescape(string(form)).text
		if len(plain) < min(LeastDerived, len(form)) {
			return
		}
		form = plain
	}
	e.asItWas.each(form, func(start, end int) { with.put(e.plain.span(start, end)) })
}

func (e *echoes) shown(length int) string {
	var b strings.Builder
	secret, personal, before := int32(0), int32(0), ""
	for i := range length {
		secret += e.secrets[i]
		personal += e.personal[i]
		now := ""
		switch {
		case secret > 0:
			now = schema.Masked
		case personal > 0:
			now = Hidden
		}
		if now == "" {
			b.WriteByte(e.text[i])
		} else if now != before {
			b.WriteString(now)
		}
		before = now
	}
	return b.String()
}

// cover counts, for each byte of a text, by how many more finds it is covered than the one before it.
type cover []int32

func (c cover) put(start, end int) {
	c[start]++
	c[end]--
}
