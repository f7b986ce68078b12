package schema

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
)

// ErrWrongKey says that none of the keys opens a sealed text.
var ErrWrongKey = errors.New("none of the secret keys opens it; was a key removed from JOURNEYHOOK_SECRET_KEYS?")

// Keys seal secrets at rest with AES-256-GCM: the first seals, all open. A nil *Keys has no key.
type Keys struct {
	aeads []cipher.AEAD
}

// NewKey makes a key in the form ParseKeys reads.
func NewKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}

// ParseKeys reads base64 32-byte keys; no key at all is a nil *Keys.
func ParseKeys(encoded []string) (*Keys, error) {
	if len(encoded) == 0 {
		return nil, nil
	}
	k := &Keys{}
	for i, text := range encoded {
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) != 32 {
			return nil, fmt.Errorf("secret key %d is not 32 bytes in base64; make one with: hookctl secrets new-key", i+1)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("secret key %d: %w", i+1, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("secret key %d: %w", i+1, err)
		}
		k.aeads = append(k.aeads, aead)
	}
	return k, nil
}

// Seal encrypts text for one place; only the same place opens it, so a sealed text can't be moved to
// another field or project. The result is base64.
func (k *Keys) Seal(text, place string) string {
	sealed := k.aeads[0].Seal(nil, nil, []byte(text), []byte(place))
	return base64.RawStdEncoding.EncodeToString(sealed)
}

// Open is Seal's way back; ErrWrongKey when no key fits.
func (k *Keys) Open(sealed, place string) (string, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", fmt.Errorf("the sealed text is damaged: %w", ErrWrongKey)
	}
	if k == nil {
		return "", ErrWrongKey
	}
	for _, aead := range k.aeads {
		if text, err := aead.Open(nil, nil, raw, []byte(place)); err == nil {
			return string(text), nil
		}
	}
	return "", ErrWrongKey
}

// Newest are the key that seals alone, without those that only open; nil has none.
func (k *Keys) Newest() *Keys {
	if k == nil {
		return nil
	}
	return &Keys{k.aeads[:1]}
}
