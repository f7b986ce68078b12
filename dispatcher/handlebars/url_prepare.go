package handlebars

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/journeyhook/journeyhook/internal/hostname"
)

// prepareURL checks the fixed start of a URL and makes the text in urlEncode blocks what it
// will be in the URL.
func (c *compiler) prepareURL(nodes []node) ([]node, *SyntaxError) {
	nodes = mergeText(nodes)
	c.trimURL(nodes)
	host, err := c.checkOrigin(nodes)
	if err == nil {
		err = c.encodeURLText(nodes)
	}
	if err == nil && host != "" {
		scheme := schemeSize(nodes[0].text)
		before := nodes[0].text[scheme:]
		nodes[0].text = nodes[0].text[:scheme] + host + before[hostSize(before):]
	}
	return nodes, err
}

// mergeText joins neighbouring runs of text.
func mergeText(nodes []node) []node {
	merged := nodes[:0]
	for _, n := range nodes {
		if last := len(merged) - 1; n.kind == nodeText && last >= 0 && merged[last].kind == nodeText && merged[last].encoded == n.encoded {
			merged[last].text += n.text
			merged[last].blank = merged[last].blank && n.blank
			continue
		}
		merged = append(merged, n)
	}
	return merged
}

// trimURL drops white space around the URL, such as the line break a text area leaves.
func (c *compiler) trimURL(nodes []node) {
	if len(nodes) == 0 {
		return
	}
	first, last := &nodes[0], &nodes[len(nodes)-1]
	if first.kind == nodeText {
		rest := strings.TrimLeft(first.text, " \t\r\n")
		first.at += len(first.text) - len(rest)
		first.text = rest
	}
	if last.kind == nodeText {
		last.text = strings.TrimRight(last.text, " \t\r\n")
	}
}

// checkOrigin checks scheme, host and port, which must stand written out before the first
// expression unless the webhook allows otherwise. It returns a written-out host as DNS knows it.
func (c *compiler) checkOrigin(nodes []node) (host string, err *SyntaxError) {
	if len(nodes) == 0 || nodes[0].kind != nodeText || nodes[0].encoded {
		if len(nodes) > 0 && c.options.AllowDynamicHost {
			return "", nil
		}
		at := 0
		if len(nodes) > 0 {
			at = nodes[0].at
		}
		return "", c.fault(at, "the URL must start with https://host, written out")
	}
	s, at := nodes[0].text, nodes[0].at
	scheme := schemeSize(s)
	if scheme == 0 || scheme == len("http://") && !c.options.AllowHTTP {
		if c.options.AllowHTTP {
			return "", c.fault(at, "the URL must start with https:// or http://")
		}
		return "", c.fault(at, "the URL must start with https://")
	}
	rest := s[scheme:]
	size := hostSize(rest)
	if size == len(rest) && len(nodes) > 1 {
		if !c.options.AllowDynamicHost {
			return "", c.fault(nodes[1].at, "the host part of the URL can't contain expressions")
		}
		return "", nil
	}
	host, bad := hostname.Authority(rest[:size])
	if bad != nil || !validHost(host) {
		return "", c.fault(at+scheme, "bad host %q", rest[:size])
	}
	return host, nil
}

// hostSize is where a URL's host and port end, behind the scheme.
func hostSize(s string) int {
	if end := strings.IndexAny(s, "/?#"); end >= 0 {
		return end
	}
	return len(s)
}

// schemeSize is the length of https:// or http:// at the start of s, else 0.
func schemeSize(s string) int {
	for _, scheme := range [...]string{"https://", "http://"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return len(scheme)
		}
	}
	return 0
}

// validHost accepts a host name, an IPv4 address or a bracketed IPv6 address, with or
// without a port. Names in other scripts must be punycode by now.
func validHost(host string) bool {
	if end := strings.IndexByte(host, ']'); strings.HasPrefix(host, "[") && end > 0 {
		_, err := netip.ParseAddr(host[1:end])
		return err == nil && validPort(host[end+1:])
	}
	name, port := host, ""
	if colon := strings.IndexByte(host, ':'); colon >= 0 {
		name, port = host[:colon], host[colon:]
	}
	if !validPort(port) || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, b := range []byte(label) {
			if !hostBytes[b] && b != '_' {
				return false
			}
		}
	}
	return true
}

func validPort(s string) bool {
	if s == "" {
		return true
	}
	if s[0] != ':' || len(s) > len(":65535") || len(s) > 1 && (s[1] < '0' || s[1] > '9') {
		return false
	}
	port, err := strconv.ParseUint(s[1:], 10, 16)
	return err == nil && port > 0
}

// encodeURLText refuses control bytes in fixed text and encodes it where urlEncode stands
// around it.
func (c *compiler) encodeURLText(nodes []node) *SyntaxError {
	for i := range nodes {
		n := &nodes[i]
		if n.kind == nodeText && n.encoded {
			n.text = string(appendPercent(nil, n.text))
		} else if n.kind == nodeText {
			if at := strings.IndexFunc(n.text, func(r rune) bool { return r < ' ' || r == 0x7F }); at >= 0 {
				return c.fault(n.at+at, "the URL can't contain line breaks, tabs or other control characters")
			}
			n.text = string(appendURLText(nil, n.text))
		}
		if n.block == nil || n.kind == nodeCapture {
			continue
		}
		if err := c.encodeURLText(n.body); err != nil {
			return err
		}
		if err := c.encodeURLText(n.other); err != nil {
			return err
		}
	}
	return nil
}
