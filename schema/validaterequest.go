package schema

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// The reasons why a header can't be custom.
const (
	setByWorker = "is set by the worker and can't be a custom header"
	ofOneHop    = "is about one connection, not about the request; leave it out, the worker takes care of it"
)

// reservedHeaders can't be custom, and why: the worker or HTTP itself sets them, or a call would break (C17, C50).
var reservedHeaders = map[string]string{
	"Host":              setByWorker,
	"Content-Length":    setByWorker,
	"Idempotency-Key":   setByWorker,
	"Traceparent":       setByWorker,
	"Tracestate":        setByWorker,
	"Connection":        ofOneHop,
	"Transfer-Encoding": ofOneHop,
	"Keep-Alive":        ofOneHop,
	"Proxy-Connection":  ofOneHop,
	"Te":                ofOneHop,
	"Upgrade":           "asks the endpoint to speak another protocol, which a webhook can't; leave it out",
	"Http2-Settings":    "asks the endpoint to speak another protocol, which a webhook can't; leave it out",
	"Trailer":           "announces fields after the body, which a webhook has none of; leave it out",
	"Expect":            "makes the endpoint answer before it has the body; leave it out",
	"Accept-Encoding":   "is set by the worker, which unpacks what it asks for; leave it out",
	"Content-Encoding":  "says that the body is packed, and the worker sends it as it is; leave it out",
	"Proxy-Authorization": "is for a proxy, not for the endpoint; the operator gives the proxy's password with JOURNEYHOOK_EGRESS_PROXY. " +
		"If the endpoint wants it, ask its owner for another header",
}

// refusedHeader is why a header, whose name is canonical, can't be custom; empty when it can.
func refusedHeader(name string) string {
	if strings.HasPrefix(name, "Webhook-") {
		return setByWorker
	}
	return reservedHeaders[name]
}

func (w *Webhook) validateHeaders(fs *Faults) {
	seen := map[string]bool{}
	for i, h := range w.Headers {
		path := "headers[" + strconv.Itoa(i) + "].name"
		name := canonical(h.Name)
		switch {
		case h.Name == "":
			fs.Add(path, "is missing")
		case strings.Contains(h.Name, "{{"):
			fs.Add(path, "can't contain expressions; only values can")
		case !isToken(h.Name):
			fs.Add(path, "%q is not a header name; use letters, digits and -", h.Name)
		case refusedHeader(name) != "":
			fs.Add(path, "%s %s", name, refusedHeader(name))
		case name == "Authorization" && w.Auth.Type != AuthNone:
			fs.Add(path, "Authorization is set by auth type %s; remove one of the two", w.Auth.Type)
		case seen[name]:
			fs.Add(path, "%s is there twice", name)
		}
		seen[name] = true
	}
}

// isToken reports whether s is a header name by RFC 9110 5.6.2.
func isToken(s string) bool { return s != "" && only(s, "!#$%&'*+-.^_`|~") }

func (w *Webhook) validateBody(fs *Faults) {
	b := &w.Body
	switch b.Type {
	case BodyJSON:
		if len(b.Form) > 0 {
			fs.Add("body.form", "belongs to body type urlencoded")
		}
	case BodyURLEncoded:
		if b.JSON != "" {
			fs.Add("body.json", "belongs to body type json")
		}
		if len(b.UserFields) > 0 {
			fs.Add("body.userFields", "belongs to body type json; add a form pair for each field")
		}
	default:
		fs.Add("body.type", "%q is not known; use json or urlencoded", b.Type)
	}
	for i, name := range b.UserFields {
		path := "body.userFields[" + strconv.Itoa(i) + "]"
		if name == "" {
			fs.Add(path, "is empty")
		} else if slices.Contains(b.UserFields[:i], name) {
			fs.Add(path, "%q is there twice", name)
		}
	}
	for i, p := range b.Form {
		path := "body.form[" + strconv.Itoa(i) + "].name"
		if p.Name == "" {
			fs.Add(path, "is missing")
		} else if strings.Contains(p.Name, "{{") {
			fs.Add(path, "can't contain expressions; only values can")
		}
	}
}

// validateSigning checks each secret's form: whsec_ and 24–64 bytes, or whsk_ and an ed25519 key,
// both in base64 (Standard Webhooks).
func (w *Webhook) validateSigning(fs *Faults) {
	for i, s := range w.Signing.Secrets {
		path := "signing.secrets[" + strconv.Itoa(i) + "]"
		if _, sealed := s.Sealed(); sealed || s.IsMasked() {
			continue
		}
		kind, text, _ := strings.Cut(s.Reveal(), "_")
		key, err := base64.StdEncoding.DecodeString(text)
		switch {
		case kind != "whsec" && kind != "whsk":
			fs.Add(path, "must start with whsec_ (HMAC) or whsk_ (ed25519)")
		case err != nil:
			fs.Add(path, "must be base64 after %s_", kind)
		case kind == "whsec" && (len(key) < 24 || len(key) > 64):
			fs.Add(path, "must hold 24 to 64 bytes, not %d", len(key))
		case kind == "whsk" && len(key) != 32 && len(key) != 64:
			fs.Add(path, "must hold an ed25519 key: its 32-byte seed or all 64 bytes")
		}
	}
}
