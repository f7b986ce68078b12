package handlebars

import "strings"

// kept marks the bytes that urlEncode leaves alone (B5).
var kept = byteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*_")

// urlBytes marks the bytes that fixed text and {{{x}}} may put into a URL as they are.
// Quotes are not among them.
var urlBytes = byteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*_~!$&()+,;=:@/?#[]")

// hostBytes marks what an expression may put into a host (C18).
var hostBytes = byteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")

func byteSet(members string) (set [256]bool) {
	for _, c := range []byte(members) {
		set[c] = true
	}
	return set
}

// appendURLText appends fixed text or {{{x}}} as it may stand in a URL. A percent sign that
// starts no escape would make the URL invalid and is encoded.
func appendURLText(dst []byte, s string) []byte {
	for {
		at := strings.IndexByte(s, '%')
		if at < 0 {
			return appendEncoded(dst, s, &urlBytes)
		}
		dst = appendEncoded(dst, s[:at], &urlBytes)
		if s = s[at+1:]; len(s) >= 2 && isHex(s[0]) && isHex(s[1]) {
			dst = append(dst, '%')
		} else {
			dst = append(dst, "%25"...)
		}
	}
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

const upperHex = "0123456789ABCDEF"

// appendPercent appends s the way urlEncode writes it.
func appendPercent(dst []byte, s string) []byte { return appendEncoded(dst, s, &kept) }

func appendEncoded(dst []byte, s string, keep *[256]bool) []byte {
	done := 0
	for i := 0; i < len(s); i++ {
		if keep[s[i]] {
			continue
		}
		dst = append(dst, s[done:i]...)
		dst = append(dst, '%', upperHex[s[i]>>4], upperHex[s[i]&15])
		done = i + 1
	}
	return append(dst, s[done:]...)
}
