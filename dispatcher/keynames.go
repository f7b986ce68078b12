package dispatcher

import (
	"net/url"
	"strings"
)

// DefaultKeyNames are the query names that look like API keys (B7).
var DefaultKeyNames = []string{
	"api_key", "apikey", "api-key", "x-api-key", "access_token", "auth_token", "client_secret", "secret",
}

func (d *Dispatcher) keyNames() []string {
	if d.KeyNames != nil {
		return d.KeyNames
	}
	return DefaultKeyNames
}

// keyName finds the first query name that is on the list: the whole name, percent-decoded, in any
// letter case, - and _ alike (C36).
func keyName(query string, names []string) (string, bool) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, _, _ := strings.Cut(pair, "=")
		if strings.ContainsAny(name, "%+") {
			if decoded, err := url.QueryUnescape(name); err == nil {
				name = decoded
			}
		}
		for _, key := range names {
			if sameName(name, key) {
				return key, true
			}
		}
	}
	return "", false
}

func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if foldByte(a[i]) != foldByte(b[i]) {
			return false
		}
	}
	return true
}

func foldByte(c byte) byte {
	switch {
	case c == '-':
		return '_'
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	}
	return c
}
