// Package hostname writes host names of other scripts as DNS knows them.
//
// A name that is ASCII already stays as it is, so that whatever worked goes on working. What is judged or called is the
// name behind the mapping, never the one before it: full-width digits can spell an address.
package hostname

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// lookup maps as browsers do, and refuses what no registry gives out.
var lookup = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// ErrName says that a name has no form that DNS knows.
var ErrName = errors.New("not a host name, also as punycode")

// IsASCII reports whether a name needs no mapping.
func IsASCII(name string) bool {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// ASCII is a name without a port: bücher.example is xn--bcher-kva.example. A name that is ASCII stays as it is.
func ASCII(name string) (string, error) {
	if IsASCII(name) {
		return name, nil
	}
	mapped, err := lookup.ToASCII(strings.TrimSuffix(name, "."))
	if err != nil || mapped == "" || !utf8.ValidString(name) {
		return "", ErrName
	}
	if strings.HasSuffix(name, ".") {
		mapped += "."
	}
	return mapped, nil
}

// Authority is ASCII for a host with or without a port.
func Authority(host string) (string, error) {
	if IsASCII(host) {
		return host, nil
	}
	name, port := host, ""
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 {
		name, port = host[:colon], host[colon:]
	}
	if !IsASCII(port) {
		return "", ErrName
	}
	mapped, err := ASCII(name)
	return mapped + port, err
}

// Key is one spelling for all that name the same host: ASCII, small letters, no dot at the end.
func Key(name string) (string, error) {
	mapped, err := ASCII(name)
	return strings.TrimSuffix(strings.ToLower(mapped), "."), err
}
