package tokencache

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/journeyhook/journeyhook/schema"
)

// identity tells one OAuth client of one project from every other. Whatever changes in the
// credentials makes another identity, which never meets the old token (B27).
type identity [sha256.Size]byte

func identify(cred schema.Credentials) identity {
	b := make([]byte, 0, 512)
	add := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s))) // so that no two lists of texts look alike
		b = append(b, s...)
	}
	add(cred.Project)
	add(cred.TokenURL)
	add(cred.ClientID)
	add(cred.ClientSecret.Reveal())
	add(cred.Scope)
	add(cred.Audience)
	add(clientAuth(cred))
	for _, p := range cred.Params {
		add(p.Name)
		add(p.Value)
	}
	return sha256.Sum256(b)
}

func clientAuth(cred schema.Credentials) string {
	if cred.ClientAuth == "basic" {
		return "basic"
	}
	return "body"
}
