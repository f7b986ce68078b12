package handlebars

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/journeyhook/journeyhook/internal/hostname"
)

type urlRegion uint8

const (
	inScheme urlRegion = iota
	inHost
	inPath
	inQuery
	inFragment
)

// urlWriter is where the URL being written stands.
type urlWriter struct {
	region urlRegion
	host   int // where the host starts
	// start is where the segment, the pair or the fragment being written starts; for pairs
	// and fragments that is its separator, so that the whole of it can be taken back.
	start       int
	maskedStart int
	valued      bool // an = was seen in this pair
	dropped     bool // this pair's name is missing
	queried     bool // a pair was kept
	own         bool // no expression had a part in this pair's start and name
	nameEnd     int  // of this pair, once valued

	asked string // the name of a pair that is looked for
	named bool   // the template's own text has one
}

// writeURLText writes fixed text.
func (x *exec) writeURLText(n *node) {
	if n.encoded {
		x.slot.solid = x.slot.solid || !n.blank
		x.appendURL(n.text, n.text)
		x.withinLimit()
		return
	}
	x.structure(n.text, false)
}

// appendURL writes the same place of both the URL and its form for logs.
func (x *exec) appendURL(s, logged string) {
	x.out = append(x.out, s...)
	if x.masking {
		x.masked = append(x.masked, logged...)
	}
}

// separators marks the bytes that may end a part of a URL.
var separators = byteSet("/?#&=")

// structure writes text that may move on to the next part of the URL.
func (x *exec) structure(s string, hidden bool) {
	if hidden && x.masking {
		x.masked = append(x.masked, "…"...)
	}
	for len(s) > 0 && x.err == nil {
		stop := 0
		for stop < len(s) && !separators[s[stop]] {
			stop++
		}
		if stop > 0 {
			x.plainURL(s[:stop], hidden)
			s = s[stop:]
			continue
		}
		x.separator(s[0], hidden)
		s = s[1:]
	}
	x.withinLimit()
}

// plainURL writes text without separators.
func (x *exec) plainURL(s string, hidden bool) {
	x.out = append(x.out, s...)
	x.slot.solid = x.slot.solid || hidden || !blankInURL(s)
	if !hidden && x.masking {
		x.masked = append(x.masked, s...)
	}
}

// blankInURL reports whether s is nothing but encoded spaces.
func blankInURL(s string) bool {
	if s[0] != '+' && s[0] != '%' {
		return false
	}
	return strings.Trim(strings.ReplaceAll(s, "%20", "+"), "+") == ""
}

// separator writes one of the bytes that end a part of the URL, and settles that part.
func (x *exec) separator(c byte, hidden bool) {
	u := &x.url
	switch {
	case u.region == inScheme && c == '/' && bytes.HasSuffix(x.out, []byte(":/")):
		x.separate(c, hidden)
		if u.region, u.host = inHost, len(x.out); x.t.options.AllowDynamicHost && schemeSize(string(x.out[x.base:])) == 0 {
			x.fail(&URLError{Message: "the expressions make no URL that starts with https://"})
		}
	case u.region == inHost && (c == '/' || c == '?' || c == '#'):
		x.endHost()
		x.begin(c, hidden)
	case u.region == inPath && (c == '/' || c == '?' || c == '#'):
		x.endSegment()
		x.begin(c, hidden)
	case u.region == inQuery && (c == '&' || c == '#'):
		x.endPair()
		x.begin(c, hidden)
	case u.region == inQuery && c == '=' && !u.valued:
		u.valued, u.dropped, u.nameEnd = true, x.slot.absent(), len(x.out)
		u.own = u.own && !hidden
		x.slot = slot{}
		x.separate(c, hidden)
	default:
		x.slot.solid = true
		x.separate(c, hidden)
	}
}

func (x *exec) separate(c byte, hidden bool) {
	x.out = append(x.out, c)
	if !hidden && x.masking {
		x.masked = append(x.masked, c)
	}
}

// begin starts the part of the URL that the separator c opens.
func (x *exec) begin(c byte, hidden bool) {
	u := &x.url
	u.start, u.maskedStart = len(x.out), len(x.masked)
	u.valued, u.dropped, u.own = false, false, !hidden
	x.slot = slot{}
	switch c {
	case '/':
		u.region = inPath
	case '#':
		u.region = inFragment
	case '?', '&':
		u.region = inQuery
		if c = '?'; u.queried {
			c = '&'
		}
	}
	x.separate(c, hidden)
	if c == '/' {
		u.start++
	}
}

// endHost checks a host that expressions had a part in, as DNS knows it; a fixed one was checked at save.
func (x *exec) endHost() {
	if !x.t.options.AllowDynamicHost {
		return
	}
	written := x.out[x.url.host:]
	host, err := hostname.Authority(decodeLetters(string(written)))
	if err != nil || !validHost(host) {
		x.fail(&URLError{Message: "the host that the expressions make is not valid"})
		return
	}
	x.out = append(x.out[:x.url.host], host...)
}

// decodeLetters takes back the percent-encoding of what is not ASCII. All other encoding stays, and is no host.
func decodeLetters(host string) string {
	if !strings.Contains(host, "%") {
		return host
	}
	var out strings.Builder
	for i := 0; i < len(host); i++ {
		if host[i] == '%' && i+2 < len(host) {
			if b, err := strconv.ParseUint(host[i+1:i+3], 16, 8); err == nil && b >= utf8.RuneSelf {
				out.WriteByte(byte(b))
				i += 2
				continue
			}
		}
		out.WriteByte(host[i])
	}
	return out.String()
}

// endSegment refuses the path segments that lead elsewhere (C40).
func (x *exec) endSegment() {
	segment := x.out[x.url.start:]
	if len(segment) > len("%2e%2e") {
		return
	}
	dots := strings.ReplaceAll(strings.ToLower(string(segment)), "%2e", ".")
	if dots == "." || dots == ".." {
		x.fail(&RenderError{Message: "a segment of the URL path can't be . or .."})
	}
}

// endPair takes back a pair that is nothing but missing references, or nothing at all.
func (x *exec) endPair() {
	u := &x.url
	if u.dropped || x.slot.absent() || len(x.out) == u.start+1 {
		x.takeBack()
		return
	}
	u.queried = true
	if !u.valued {
		u.nameEnd = len(x.out)
	}
	if u.own && !u.named && u.asked != "" {
		name, err := url.QueryUnescape(string(x.out[u.start+1 : u.nameEnd]))
		u.named = err == nil && name == u.asked
	}
}

func (x *exec) takeBack() {
	x.out = x.out[:x.url.start]
	if x.masking {
		x.masked = x.masked[:x.url.maskedStart]
	}
}

func (x *exec) endURL() {
	switch x.url.region {
	case inScheme:
		x.fail(&URLError{Message: "the expressions make no URL that starts with https://"})
	case inHost:
		x.endHost()
	case inPath:
		x.endSegment()
	case inQuery:
		x.endPair()
	case inFragment:
		if x.slot.absent() {
			x.takeBack()
		}
	}
}

// missingInURL refuses a missing reference where leaving it out would call another URL.
func (x *exec) missingInURL() {
	switch x.url.region {
	case inScheme, inHost:
		x.fail(&RenderError{Message: "the URL host needs a field that is missing", Missing: []string{x.blame}})
	case inPath:
		x.fail(&RenderError{Message: "the URL path needs a field that is missing", Missing: []string{x.blame}})
	}
}

// writeURLValue writes a value, encoded for where it stands.
func (x *exec) writeURLValue(n *node, v value) {
	s := x.textOf(v)
	x.url.own = x.url.own && x.url.valued
	switch region := x.url.region; {
	case region == inScheme:
		x.structure(string(appendURLText(nil, s)), true)
	case region == inHost:
		x.writeHost(s)
	case n.raw && !n.encoded:
		x.structure(string(appendURLText(nil, s)), true)
	case v.flags&isEncoded != 0:
		x.appendURL(s, "…")
	default:
		x.appendEncodedURL(s)
	}
}

func (x *exec) appendEncodedURL(s string) {
	x.out = appendPercent(x.out, s)
	if x.masking {
		x.masked = append(x.masked, "…"...)
	}
}

func (x *exec) writeHost(s string) {
	for _, c := range []byte(s) {
		if !hostBytes[c] && c < utf8.RuneSelf {
			x.fail(&URLError{Message: "an expression in the host of the URL may only make letters, digits, dots and hyphens"})
			return
		}
	}
	x.appendURL(s, "…")
}
