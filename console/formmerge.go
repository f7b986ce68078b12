package console

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

// formShows are the fields of a definition that a form has. Of a stored definition a save changes these and no others.
var formShows = []string{
	"name", "id", "destination", "method", "endpoint", "state", "allowDynamicHost", "timeout", "success",
	"auth.type", "auth.token", "auth.clientId", "auth.clientSecret", "auth.tokenUrl", "auth.scope", "auth.audience", "auth.clientAuth",
	"auth.honorExpiresIn", "auth.params", "headers", "body.type", "body.json", "body.userFields", "body.form",
	"body.includeEmailAndWorkflowId", "body.includeTriggerData",
	"retry.statuses", "retry.delay", "retry.max", "retry.honorRetryAfter", "limits.rate", "limits.concurrency", "signing.secrets", "log.bodies",
}

// editing makes the form a change to a stored definition, which must be masked.
func (w *filled) editing(stored *schema.Webhook) error {
	if stored.Unreadable {
		return nil // nothing of it can be kept
	}
	doc, err := fieldsOf(stored)
	if err != nil {
		return fmt.Errorf("console: read %s as JSON: %w", stored.Key(), err)
	}
	w.stored = doc
	return nil
}

// fieldsOf is a value's JSON object, numbers as they are written.
func fieldsOf(v any) (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	return doc, decodeNumbers(raw, &doc)
}

// over is what a form wrote over what is stored: what the form does not show stays. A field that the form shows and
// that was left empty is left out. An authentication that was exchanged for another leaves nothing behind.
func over(stored, wrote map[string]any) map[string]any {
	base := merged(nil, stored).(map[string]any) // a copy
	if at(base, "auth.type") != at(wrote, "auth.type") {
		delete(base, "auth")
	}
	for _, path := range formShows {
		if at(wrote, path) == nil {
			remove(base, path)
		}
	}
	out := merged(base, wrote).(map[string]any)
	for _, list := range []string{"headers", "auth.params", "body.form"} {
		keepOthers(at(out, list), at(stored, list))
	}
	return out
}

// keepOthers gives each entry of a list what the stored entry with its name has and the form does not show. Of entries
// with one name the first is the first.
func keepOthers(entries, stored any) {
	now, _ := entries.([]any)
	before, _ := stored.([]any)
	before = slices.Clone(before)
	for i, e := range now {
		entry, _ := e.(map[string]any)
		same := slices.IndexFunc(before, func(b any) bool {
			old, _ := b.(map[string]any)
			return entry != nil && old != nil && old["name"] == entry["name"]
		})
		if same >= 0 {
			now[i] = merged(before[same], entry)
			before = slices.Delete(before, same, same+1)
		}
	}
}

// at is the value at a dotted path, nil where there is none.
func at(doc map[string]any, path string) any {
	first, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return doc[first]
	}
	inner, _ := doc[first].(map[string]any)
	return at(inner, rest)
}

func remove(doc map[string]any, path string) {
	first, rest, deeper := strings.Cut(path, ".")
	if inner, ok := doc[first].(map[string]any); deeper && ok {
		remove(inner, rest)
	} else if !deeper {
		delete(doc, first)
	}
}
