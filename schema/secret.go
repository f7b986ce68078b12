package schema

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rs/zerolog"
)

// Masked is what a secret looks like everywhere. Written back into a definition it means "keep the
// stored value".
const Masked = "***"

// sealedPrefix marks text that only the webhooks store can open.
const sealedPrefix = "sealed:"

// Secret is text that prints as *** in every format, log and document. [Secret.Reveal] is the one way
// to the text. A sealed secret holds ciphertext instead, and that is what it writes to JSON.
type Secret struct {
	text   string
	sealed bool
}

// NewSecret wraps plain text.
func NewSecret(text string) Secret { return Secret{text: text} }

// SealedSecret wraps ciphertext, which is stored as it is.
func SealedSecret(ciphertext string) Secret { return Secret{text: ciphertext, sealed: true} }

// Reveal is the plain text; of a sealed secret it is "".
func (s Secret) Reveal() string {
	if s.sealed {
		return ""
	}
	return s.text
}

// Sealed is the ciphertext and whether the secret is sealed.
func (s Secret) Sealed() (string, bool) { return s.text, s.sealed }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.text == "" }

// IsMasked reports whether the author wrote *** to keep the stored value.
func (s Secret) IsMasked() bool { return !s.sealed && s.text == Masked }

func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return Masked
}

// GoString keeps %#v from printing the text.
func (s Secret) GoString() string { return fmt.Sprintf("schema.Secret(%s)", s.String()) }

// Format keeps every other verb from printing the text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText writes ***, or the ciphertext of a sealed secret.
func (s Secret) MarshalText() ([]byte, error) {
	if s.sealed {
		return []byte(sealedPrefix + s.text), nil
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads plain text or what a sealed secret wrote.
func (s *Secret) UnmarshalText(text []byte) error {
	if rest, ok := strings.CutPrefix(string(text), sealedPrefix); ok {
		*s = SealedSecret(rest)
		return nil
	}
	*s = NewSecret(string(text))
	return nil
}

// MarshalJSON writes what MarshalText does, quoted.
func (s Secret) MarshalJSON() ([]byte, error) {
	text, _ := s.MarshalText()
	return json.Marshal(string(text))
}

// MarshalZerologObject lets a struct with secrets be logged; it prints ***.
func (s Secret) MarshalZerologObject(e *zerolog.Event) { e.Str("secret", s.String()) }
