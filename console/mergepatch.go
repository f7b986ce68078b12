package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"

	"github.com/journeyhook/journeyhook/internal/jsontext"
)

// mergePatch is RFC 7396: null removes, objects merge, everything else replaces. Numbers keep their
// digits.
func mergePatch(target, patch []byte) ([]byte, error) {
	if jsontext.Unpaired(patch) >= 0 { // reading it would put another character there (C51)
		return nil, errors.New(`it has half of a surrogate pair, like \ud800, which is no character`)
	}
	var into, with any
	if err := decodeNumbers(target, &into); err != nil {
		return nil, err
	}
	if err := decodeNumbers(patch, &with); err != nil {
		return nil, err
	}
	if _, ok := with.(map[string]any); !ok {
		return nil, errors.New("it is something else")
	}
	return json.Marshal(merged(into, with))
}

func decodeNumbers(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("something follows it")
	}
	return nil
}

// merged leaves into as it is.
func merged(into, with any) any {
	fields, ok := with.(map[string]any)
	if !ok {
		return with
	}
	out := map[string]any{}
	if before, ok := into.(map[string]any); ok {
		out = maps.Clone(before)
	}
	for key, value := range fields {
		if value == nil {
			delete(out, key)
			continue
		}
		out[key] = merged(out[key], value)
	}
	return out
}
