package webhooks

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/journeyhook/journeyhook/schema"
)

// encode writes a definition as the bucket holds it; its secrets must be sealed by now.
func encode(w *schema.Webhook) ([]byte, error) {
	data, err := json.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("webhooks: write %s as JSON: %w", w.Key(), err)
	}
	return data, nil
}

// decode reads a stored definition. Fields it does not know were written by a newer release and are
// ignored.
func decode(data []byte, revision uint64) (*schema.Webhook, error) {
	w := schema.NewWebhook()
	if err := json.Unmarshal(data, w); err != nil {
		return nil, err
	}
	w.Normalize()
	w.Revision = revision
	return w, nil
}

// equal compares what two definitions with open secrets say.
func equal(a, b *schema.Webhook) bool {
	left, err := json.Marshal(a)
	if err != nil {
		return false
	}
	right, err := json.Marshal(b)
	if err != nil || !bytes.Equal(left, right) {
		return false
	}
	others := b.Secrets()
	for path, s := range a.Secrets() {
		if o, ok := others[path]; !ok || o.Reveal() != s.Reveal() {
			return false
		}
	}
	return true
}
