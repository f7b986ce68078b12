package handlebars

// kept marks the bytes that urlEncode leaves alone (B5).
var kept = byteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*_")

// urlBytes marks the bytes that fixed text and {{{x}}} may put into a URL as they are.
// Quotes are not among them.
var urlBytes = byteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*_~!$&()+,;=:@/?#[]%")

// hostBytes marks what an expression may put into a host (C18).
var hostBytes = byteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")

func byteSet(members string) (set [256]bool) {
	for _, c := range []byte(members) {
		set[c] = true
	}
	return set
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
