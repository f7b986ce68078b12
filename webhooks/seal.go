package webhooks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/journeyhook/journeyhook/internal/hostname"
	"github.com/journeyhook/journeyhook/schema"
)

func place(w *schema.Webhook, path string) string { return w.Key() + ":" + path }

// sealable is [schema.ErrNoKeys] for a definition with secrets where there is no key.
func sealable(w *schema.Webhook, keys *schema.Keys) error {
	if keys == nil && len(w.Secrets()) > 0 {
		return schema.ErrNoKeys
	}
	return nil
}

// seal replaces every secret by its ciphertext.
func seal(w *schema.Webhook, keys *schema.Keys) error {
	if err := sealable(w, keys); err != nil {
		return err
	}
	for path, s := range w.Secrets() {
		*s = schema.SealedSecret(keys.Seal(s.Reveal(), place(w, path)))
	}
	return nil
}

// open is seal's way back. Its error names the first secret that can't be opened.
func open(w *schema.Webhook, keys *schema.Keys) error {
	secrets := w.Secrets()
	for _, path := range sortedPaths(secrets) {
		sealed, ok := secrets[path].Sealed()
		if !ok {
			continue
		}
		text, err := keys.Open(sealed, place(w, path))
		if err != nil {
			return fmt.Errorf("%s of %s: %w", path, w.Key(), err)
		}
		*secrets[path] = schema.NewSecret(text)
	}
	return nil
}

// mask makes the definition showable, and writable again without a change.
func mask(w *schema.Webhook) {
	for _, s := range w.Secrets() {
		*s = schema.NewSecret(schema.Masked)
	}
}

// unmask puts the stored secrets where *** was written, if they would be sent to the host they were stored for.
// Signing secrets, which are not sent, are matched by their place in the list, headers by name. stored is nil for
// a new definition.
func unmask(w, stored *schema.Webhook) error {
	var faults schema.Faults
	kept := map[string]*schema.Secret{}
	if stored != nil {
		kept = stored.Secrets()
	}
	secrets := w.Secrets()
	for _, path := range sortedPaths(secrets) {
		s := secrets[path]
		if _, sealed := s.Sealed(); sealed {
			faults.Add(path, "starts with sealed:, which only stored secrets do; write the secret itself, or *** to keep the stored one")
			continue
		}
		if !s.IsMasked() {
			continue
		}
		old, ok := kept[path]
		if !ok && stored != nil && stored.Unreadable {
			faults.Add(path, "*** keeps the stored secret, and the stored definition can't be read; write the secret itself")
			continue
		}
		if !ok {
			faults.Add(path, "*** keeps the stored secret, and there is none; write the secret itself")
			continue
		}
		if strings.HasPrefix(path, "signing.") && len(w.Signing.Secrets) < len(stored.Signing.Secrets) {
			faults.Add(path, "*** keeps the secret in the same place of the stored list, which is longer; write the secrets that stay")
			continue
		}
		if moved := movedBy(path, w, stored); moved != "" {
			faults.Add(path, "*** keeps the stored secret for the host it was stored for, and %s names another; write the secret itself", moved)
			continue
		}
		*s = *old
	}
	for i, h := range w.Headers {
		path := "headers[" + strconv.Itoa(i) + "].value"
		if h.Secret {
			continue
		}
		if _, sealed := h.Value.Secret.Sealed(); sealed {
			faults.Add(path, "starts with sealed:, which only stored secrets do")
		} else if h.Value.Secret.IsMasked() {
			faults.Add(path, "*** keeps a stored secret, and this header is not one; mark it secret: true or write the value")
		}
	}
	return faults.Err()
}

// movedBy names the field through which a secret would be sent to another host than before; "" when there is none.
func movedBy(path string, w, stored *schema.Webhook) string {
	switch {
	case strings.HasPrefix(path, "signing."):
		return ""
	case origin(w.Endpoint) != origin(stored.Endpoint):
		return "endpoint"
	case path == "auth.clientSecret" && origin(w.Auth.TokenURL) != origin(stored.Auth.TokenURL):
		return "auth.tokenUrl"
	}
	return ""
}

// origin is the scheme, host and port of a URL; of one whose expressions may decide them, all of it.
func origin(rawURL string) string {
	scheme, rest, found := strings.Cut(rawURL, "://")
	host := rest
	if end := strings.IndexAny(rest, "/?#\\"); end >= 0 {
		host = rest[:end]
	}
	if !found || strings.Contains(scheme+host, "{{") {
		return rawURL
	}
	if name, err := hostname.Authority(host); err == nil { // what has no such form is no endpoint either
		host = name
	}
	return strings.ToLower(scheme + "://" + host)
}

func sortedPaths(secrets map[string]*schema.Secret) []string {
	paths := make([]string, 0, len(secrets))
	for path := range secrets {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}
