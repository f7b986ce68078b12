package dispatcher

import (
	"bytes"
	"encoding/json"

	"github.com/journeyhook/journeyhook/schema"
)

// leastPersonal is how long a value must be to be looked for in an answer: shorter ones are too common
// to tell anything about a person.
const leastPersonal = 4

// personal lists what an answer could echo about the user: the email, the id, and every text and number
// of the profile and of the trigger's data. It is only asked for failures.
func personal(s *schema.Step) []string {
	out := []string{s.User.Email, s.User.UserID}
	for _, raw := range []json.RawMessage{s.User.Profile, s.Trigger.DataFields} {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var v any
		if d.Decode(&v) == nil {
			out = leaves(out, v)
		}
	}
	kept := out[:0]
	for _, text := range out {
		if len(text) >= leastPersonal {
			kept = append(kept, text)
		}
	}
	return kept
}

func leaves(out []string, v any) []string {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			out = leaves(out, inner)
		}
	case []any:
		for _, inner := range v {
			out = leaves(out, inner)
		}
	case string:
		out = append(out, v)
	case json.Number:
		out = append(out, v.String())
	}
	return out
}
