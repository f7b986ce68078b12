package webhooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/journeyhook/journeyhook/internal/jsontext"
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
// ignored. Its error says in which field the value is not what it must be, and shows nothing else of it.
func decode(data []byte, revision uint64) (*schema.Webhook, error) {
	data = schema.Content(data)
	w := schema.NewWebhook()
	var wrong *json.UnmarshalTypeError
	switch err := json.Unmarshal(data, w); {
	case !json.Valid(data):
		return nil, errors.New("it is not JSON")
	case !utf8.Valid(data) || jsontext.Unpaired(data) >= 0: // the decoder replaces what is no character (C51)
		return nil, errors.New("it is not UTF-8")
	case errors.As(err, &wrong) && wrong.Field == "" || err == nil && bytes.TrimSpace(data)[0] != '{':
		return nil, errors.New("it is not a JSON object")
	case errors.As(err, &wrong):
		kind, _, _ := strings.Cut(wrong.Value, " ") // a number's digits follow
		return nil, fmt.Errorf("%s can't be a JSON %s", wrong.Field, kind)
	case err != nil: // of a status or a length of time, which say how they are written
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
