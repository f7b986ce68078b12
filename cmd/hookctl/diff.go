package main

import (
	"encoding/json"
	"fmt"

	"github.com/journeyhook/journeyhook/schema"
)

// diff prints what changed, a line to a field.
func (s *session) diff(all []schema.Difference) {
	for _, d := range all {
		if d.Old == schema.Masked && d.New == schema.Masked {
			fmt.Fprintf(s.stdout, "  %s: another secret\n", d.Path)
			continue
		}
		fmt.Fprintf(s.stdout, "  %s: %s → %s\n", d.Path, jsonText(d.Old), jsonText(d.New))
	}
}

func jsonText(v any) string {
	if v == nil {
		return "(none)"
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(raw)
}
