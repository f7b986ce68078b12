package schema

import "encoding/json"

// Value is a header's value. Whether it is secret stands beside it in the definition, so the text is
// kept as a Secret until [Webhook.Normalize] has looked.
type Value struct {
	Secret Secret
	plain  bool
}

// PlainValue is a value that may be shown.
func PlainValue(text string) Value { return Value{Secret: NewSecret(text), plain: true} }

// SecretValue is one that may not.
func SecretValue(text string) Value { return Value{Secret: NewSecret(text)} }

// Text is the value as sent.
func (v Value) Text() string { return v.Secret.Reveal() }

func (v Value) String() string {
	if v.plain {
		return v.Secret.Reveal()
	}
	return v.Secret.String()
}

// MarshalText writes the text, or *** (ciphertext when sealed) when it is secret.
func (v Value) MarshalText() ([]byte, error) {
	if v.plain {
		return []byte(v.Secret.Reveal()), nil
	}
	return v.Secret.MarshalText()
}

// MarshalJSON writes what MarshalText does, quoted.
func (v Value) MarshalJSON() ([]byte, error) {
	text, _ := v.MarshalText()
	return json.Marshal(string(text))
}

// UnmarshalText reads text, or what a sealed secret wrote.
func (v *Value) UnmarshalText(text []byte) error {
	v.plain = false
	return v.Secret.UnmarshalText(text)
}
