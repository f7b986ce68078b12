package schema

import (
	"net/textproto"
	"strings"
)

func canonical(header string) string { return textproto.CanonicalMIMEHeaderKey(header) }

// Normalize settles what a freshly decoded definition leaves open: letter case of the method, and
// which header values may be shown.
func (w *Webhook) Normalize() {
	w.Method = strings.ToUpper(w.Method)
	for i := range w.Headers {
		w.Headers[i].Value.plain = !w.Headers[i].Secret
	}
	if w.Auth.Type == "" {
		w.Auth.Type = AuthNone
	}
}
