package webhooks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

// standing is what an endpoint is to a service.
type standing int

const (
	known   standing = iota // one of its addresses
	test                    // a host of somebody else's, on which to look at what would be sent (B64)
	strange                 // a slip: a host of its own with another path, nobody's host, or one that expressions make
)

// nobodys are the hosts that stand in documentation and belong to nobody (RFC 2606).
var nobodys = []string{"example.com", "example.net", "example.org"}

// address tells what an endpoint is to the service.
func (n *needs) address(endpoint string) standing {
	scheme, host, path := splitURL(endpoint)
	for _, prefix := range n.Endpoint {
		wantScheme, wantHost, wantPath := splitURL(prefix)
		if scheme == wantScheme && matchesHost(host, wantHost) && strings.HasPrefix(path, wantPath) {
			return known
		}
	}
	its := func(prefix string) bool {
		_, own, _ := splitURL(prefix)
		return isUnder(host, ownDomain(own))
	}
	if host == "" || strings.Contains(host, "{{") || slices.Contains(nobodys, host) || slices.ContainsFunc(n.Endpoint, its) {
		return strange
	}
	return test
}

// splitURL takes a URL's text apart, in which expressions may stand. The host has no port; it and the scheme are in small letters.
func splitURL(text string) (scheme, host, path string) {
	scheme, rest, _ := strings.Cut(text, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, _, _ = strings.Cut(rest[:end], ":")
	return strings.ToLower(scheme), strings.TrimSuffix(strings.ToLower(host), "."), rest[end:]
}

// matchesHost compares a host with one in which a * stands for labels.
func matchesHost(host, want string) bool {
	before, behind, open := strings.Cut(want, "*")
	if !open {
		return host == want
	}
	return len(host) > len(before)+len(behind) && strings.HasPrefix(host, before) && strings.HasSuffix(host, behind)
}

// ownDomain is what a service's host ends in.
func ownDomain(host string) string {
	labels := strings.Split(host, ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}

func isUnder(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

// Warnings says what of a definition's destination is allowed but perhaps not meant.
func Warnings(w *schema.Webhook) []string {
	presets, err := loadPresets()
	if err != nil {
		panic(err) // the files are part of the program
	}
	p, ok := presets[w.Destination]
	if !ok || w.Endpoint == "" || p.Needs.address(w.Endpoint) != test {
		return nil
	}
	_, host, _ := splitURL(w.Endpoint)
	return []string{fmt.Sprintf("endpoint: %s is no host of %s, so it is taken for a test URL; the service is called at a URL like %s", host, w.Destination, p.Needs.Example)}
}
